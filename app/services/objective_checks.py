"""What is wrong with the objective of a sweep: its metric, its direction, and data on which it has no value."""

from collections.abc import Callable, Iterator

from app.contract.metrics import MEASURES, Measure, objectives_of, suggestion, undefined_objective
from app.domain.datasets import DatasetSummary
from app.domain.drafts import SweepDraft
from app.domain.errors import Fault, show
from app.domain.foreign import is_foreign

_METRIC = "/objective/metric"


def objective_faults(
    draft: SweepDraft, dataset: DatasetSummary | None, content: Callable[[DatasetSummary], bytes]
) -> Iterator[Fault]:
    """Yield what is wrong; the `content` of a data set is asked for only where the metric may have no value.

    The metrics of foreign trainers are checked with what else they declare.
    """
    if is_foreign(draft.trainer):
        return
    if draft.metric is None:
        # The usual metrics of all tasks are better when lower.
        yield from _direction_faults(draft, "The usual metric", "minimize")
        return
    metric = MEASURES.get(draft.metric)
    if metric is None:
        # It may be a typing error of either direction.
        known = list(MEASURES) if dataset is None else objectives_of(dataset.task)
        yield Fault(_METRIC, f"There is no metric {show(draft.metric)}. {suggestion(draft.metric, known)}")
        return
    yield from _direction_faults(draft, metric.name, metric.direction)
    if dataset is not None:
        detail = _refusal(metric, dataset) or undefined_objective(metric, dataset, lambda: content(dataset))
        if detail:
            yield Fault(_METRIC, detail)


def _direction_faults(draft: SweepDraft, name: str, right: str) -> Iterator[Fault]:
    if draft.direction not in {None, right}:
        better = "lower" if right == "minimize" else "higher"
        way = f'Write "{right}", or leave direction out: it follows from the metric.'
        yield Fault(
            "/objective/direction", f"{name} is better when {better}, so it cannot be {draft.direction}d. {way}"
        )


def _refusal(metric: Measure, dataset: DatasetSummary) -> str | None:
    """Return why no sweep on this data set can have the metric as its objective."""
    allowed = objectives_of(dataset.task)
    if metric.name in allowed:
        return None
    what = f"{metric.name} cannot be the objective"
    if dataset.task not in metric.tasks:
        return f"{what} on {dataset.name}, a {dataset.task} data set. Use one of {', '.join(allowed)}."
    twin = f"dev_{metric.name.removeprefix(f'{metric.part}_')}"
    if metric.part == "test":
        return f"{what}: who chooses by the test part has none left to test what was chosen. Use {twin}."
    return f"{what}: of the training part, only train_loss is measured after each epoch. Use that, or {twin}."
