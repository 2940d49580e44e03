"""What is wrong with a sweep of a foreign trainer at its post, and with what that trainer sends in."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

from app.domain.conditions import CONNECTIVES
from app.domain.drafts import SweepDraft
from app.domain.errors import Fault, pointer, show
from app.domain.foreign import EXTERNAL, is_foreign
from app.domain.hints import hint
from app.domain.plan import Need
from app.domain.sweeps import SweepSpec
from app.domain.work import OWN_TRAINER, Progress, Result
from app.schedulers import SCHEDULERS, Stopping

Specs = Mapping[int, SweepSpec]
"""The specs of sweeps of foreign trainers, by the keys of their runs."""

WITHOUT_PAUSES = [kind for kind, one in SCHEDULERS.items() if one.need is Need.NOTHING or isinstance(one, Stopping)]
"""The schedulers under which no run needs to pause: a trainer can follow them that keeps nothing of a paused run."""

MOST_METRICS = 64
LONGEST_NAME = 100
_TAKEN = frozenset(
    (
        *("number", "value", "state", "reason", "best_epoch", "epoch", "epochs", "seconds", "gradient_norms"),
        *("created_at", "started_at", "finished_at", "trial", "replicate", "replicates"),
    )
)
"""Names that trials, points of curves and the columns of exports have for something else."""
_UNFIT = frozenset('"\\<>=!')
"""Characters that mean something where trials are filtered."""


def trainer_faults(draft: SweepDraft) -> Iterator[Fault]:
    """Yield what is wrong with the trainer's name, and what only one kind of trainer can be told."""
    name = draft.trainer.removeprefix(f"{EXTERNAL}:")
    if is_foreign(draft.trainer):
        if not name or name != name.strip():
            yield Fault("/trainer", f'The trainer {show(draft.trainer)} has no name after the colon. Use "{EXTERNAL}".')
        yield from _foreign_faults(draft)
        return
    if draft.trainer != OWN_TRAINER:
        rule = f'It is "{OWN_TRAINER}" for our own networks, "{EXTERNAL}" or "{EXTERNAL}:NAME" for code of yours'
        yield Fault("/trainer", f"There is no trainer {show(draft.trainer)}. {rule}.")
    for part in ("metrics", "steps", "pauses"):
        if draft.posted.get(part) is not None:
            way = f'Leave it out, or say "trainer": "{EXTERNAL}".'
            yield Fault(pointer(part), f"{part} says what a foreign trainer does, but the trainer is ours. {way}")


def _foreign_faults(draft: SweepDraft) -> Iterator[Fault]:
    ours = {
        "dataset": "A foreign trainer brings its own data",
        "early_stopping": "A foreign trainer stops early by itself: it finishes its run",
        "keep_models": "The models of foreign trainers are not kept here",
        "pool": "The models of foreign trainers are not kept here",
    }
    if draft.folds > 1:
        yield Fault("/folds", "A foreign trainer brings its own data, and cuts them by itself. Leave folds out.")
    for part, reason in ours.items():
        if draft.posted.get(part) is not None:
            yield Fault(pointer(part), f"{reason}. Leave {part} out.")
    for name in (*draft.parameters, *draft.fixed):
        place = "space" if name in draft.parameters else "fixed"
        yield from _name_faults(name, "parameter", pointer(place, name))
        if name in CONNECTIVES:
            yield Fault(pointer(place, name), f"The name {show(name)} joins conditions. Use another.")
    yield from _pause_faults(draft)
    yield from _metrics_faults(draft)


def _pause_faults(draft: SweepDraft) -> Iterator[Fault]:
    """Yield what a trainer that cannot pause cannot follow, of the scheduler and its options."""
    kind = draft.scheduler.get("kind")
    if draft.pauses or not isinstance(kind, str) or (scheduler := SCHEDULERS.get(kind)) is None:
        return
    if scheduler.need is not Need.NOTHING and not isinstance(scheduler, Stopping):
        others = " or ".join(WITHOUT_PAUSES)
        rule = f"the scheduler {kind} pauses runs, and a foreign trainer has to go on from where it paused"
        way = f'Say "pauses": true if it can, or use {others}.'
        yield Fault("/scheduler/kind", f"{rule[0].upper()}{rule[1:]}. {way}")
    for name in scheduler.needs_pauses if isinstance(scheduler, Stopping) else ():
        if draft.scheduler.get(name) is not None:
            why = f"{name} says which trials wait for others, and yours train on while they are compared."
            yield Fault(pointer("scheduler", name), f'{why} Leave it out, or say "pauses": true if they can.')


def _metrics_faults(draft: SweepDraft) -> Iterator[Fault]:
    metrics = draft.metrics
    if metrics is None:
        if draft.posted.get("metrics") is None:
            yield Fault(
                "/metrics", 'A foreign trainer has to declare its metrics, as in {"auc": "maximize"}. Add them.'
            )
        return
    if not 1 <= len(metrics) <= MOST_METRICS:
        yield Fault("/metrics", f"There are {len(metrics)} metrics; there must be from 1 to {MOST_METRICS}.")
    for name in metrics:
        yield from _name_faults(name, "metric", pointer("metrics", name))
        if name in _TAKEN or name.startswith("param."):
            yield Fault(
                pointer("metrics", name), f"The name {show(name)} means something else of a trial. Use another."
            )
    yield from _objective_faults(draft, metrics)


def _objective_faults(draft: SweepDraft, metrics: Mapping[str, str]) -> Iterator[Fault]:
    """Yield what is wrong with the objective: it is one of the metrics, and its direction follows."""
    if draft.metric is None:
        if len(metrics) > 1:
            way = f"Name one: {', '.join(metrics)}."
            yield Fault("/objective/metric", f"With several metrics, the objective has to say which is compared. {way}")
    elif draft.metric not in metrics:
        detail = f"There is no metric {show(draft.metric)} among those declared. {hint(draft.metric, list(metrics))}"
        yield Fault("/objective/metric", detail)
    elif draft.direction not in {None, metrics[draft.metric]}:
        way = f"{draft.metric} is declared as {metrics[draft.metric]}. Leave direction out: it follows."
        yield Fault("/objective/direction", f'The direction cannot be "{draft.direction}". {way}')


def _name_faults(name: str, what: str, place: str) -> Iterator[Fault]:
    sound = name.isprintable() and name == name.strip() and not name.startswith("-") and not _UNFIT & set(name)
    if not sound or not 1 <= len(name) <= LONGEST_NAME:
        rule = (
            f'1 to {LONGEST_NAME} printable characters, none of " \\ < > = !, no "-" in front and no space at its ends'
        )
        yield Fault(place, f"The {what} {show(name)} cannot have this name: it must have {rule}.")


def declared(spec: SweepSpec) -> Set[str]:
    """Return the metrics that runs of a sweep of a foreign trainer may have."""
    return spec.foreign.metrics.keys() if spec.foreign else frozenset()


def foreign_result_faults(items: Iterable[Result], foreign: Specs) -> Iterator[Fault]:
    """Yield what is wrong with results of foreign trainers: no value to compare, or a model that nobody could use."""
    for index, item in enumerate(items):
        spec = foreign.get(item.lease.run)
        if spec is None:
            continue
        if item.state == "completed" and spec.objective.metric not in item.metrics:
            detail = f"The run completed without {spec.objective.metric}, by which its trials are compared. Send it."
            yield Fault(pointer("items", index, "metrics"), detail)
        if item.model is not None:
            detail = "The models of foreign trainers are not kept here. Leave model out."
            yield Fault(pointer("items", index, "model"), detail)


def foreign_progress_faults(name: str, items: Sequence[Progress], foreign: Specs) -> Iterator[Fault]:
    """Yield the checkpoints of foreign trainers, which nobody could go on from."""
    for index, item in enumerate(items):
        if item.checkpoint is not None and item.lease.run in foreign:
            detail = "The checkpoints of foreign trainers are not kept here. Leave checkpoint out."
            yield Fault(pointer(name, index, "checkpoint"), detail)
