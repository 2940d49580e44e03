"""The metrics of the REST contract: which there are for a task, which can be an objective, and which way is better."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.domain.datasets import DatasetSummary, Task
from app.domain.errors import show
from app.domain.hints import hint
from app.domain.objectives import Direction
from engine.data import Dataset
from engine.data.part_tables import PARTS
from engine.metrics import METRICS as _KNOWN
from engine.metrics import TRAIN_LOSS, undefined, usual_error


@dataclass(frozen=True, slots=True)
class Measure:
    """A metric on one part of the data, such as "dev_auc"; `meaning` ends the sentence "it is ..."."""

    name: str
    part: str
    tasks: tuple[Task, ...]
    direction: Direction
    meaning: str


MEASURES: Mapping[str, Measure] = {
    f"{part}_{metric.name}": Measure(
        f"{part}_{metric.name}", part, tuple(sorted(metric.tasks)), metric.direction, metric.meaning
    )
    for part in PARTS
    for metric in _KNOWN.values()
    if part != "train" or metric.reads == "sums"
}
"""All metrics by name, of train, dev and test. On train only those are measured that sums give."""

_NAME_OF = {alias: metric.name for metric in _KNOWN.values() for alias in metric.aliases}
_PARTS_ELSEWHERE = {part: part for part in PARTS} | dict.fromkeys(("eval", "val", "valid", "validation"), "dev")


def measures_of(task: Task) -> Sequence[Measure]:
    """Return the metrics that a task has."""
    return [one for one in MEASURES.values() if task in one.tasks]


def objectives_of(task: Task) -> Sequence[str]:
    """Return the metrics that can be the objective of a task; the first is the usual one."""
    usual = f"dev_{usual_error(task)}"
    others = [one.name for one in measures_of(task) if one.part == "dev" and one.name != usual]
    return [usual, *others, TRAIN_LOSS]


def suggestion(name: str, known: Collection[str]) -> str:
    """Return what to say of a metric that is not among those known; names that other programs use are understood."""
    word, _, rest = name.casefold().partition("_")
    part, bare = (_PARTS_ELSEWHERE[word], rest) if word in _PARTS_ELSEWHERE else ("dev", name.casefold())
    meant = f"{part}_{_NAME_OF.get(bare, bare)}"
    return f"Did you mean {show(meant)}?" if meant in known else hint(name, known)


def undefined_objective(metric: Measure, dataset: DatasetSummary, content: Callable[[], bytes]) -> str | None:
    """Return why a metric of the dev part can tell no network from another on this data set; None if it can.

    The prepared `content` is asked for only if there are targets on which the metric could not, and the card does not
    count them.
    """
    if metric.part != "dev":
        return None
    name, card = metric.name.removeprefix("dev_"), dict[str, Any](dataset.card)
    if counts := card.get("class_counts"):
        return undefined(name, dataset.task, np.flatnonzero(counts["dev"]), card["classes"])
    one_value, classes = np.zeros(1, np.int64), ("", "")
    if undefined(name, dataset.task, one_value, classes) is None:
        return None
    data = Dataset.from_bytes(content())
    return undefined(name, data.task, data.y_dev, data.classes)
