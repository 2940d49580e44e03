"""Drawing: from the spec of a sweep to trials that can be queued, as many as the queue has room for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from app.contract.hyperparameters import cohort_key, complete, params_of
from app.domain.plan import Drawn, End, Need, Snapshot, TrialView
from app.domain.states import SweepState
from app.domain.sweeps import SweepSpec
from app.domain.values import Value
from app.planning.budgets import ALL_DRAWN
from app.planning.duplicates import Below, exhausted, placed
from app.planning.memory import Memory
from app.planning.recalled import recalled
from app.planning.redraws import admitted
from app.samplers import SAMPLERS, Ask

HORIZON = 1024
"""How many runs of a sweep wait in the queue at most."""

LOW_WATER = HORIZON - HORIZON // 8
"""Once fewer runs of a sweep wait in the queue, more trials are drawn."""


def draw(
    spec: SweepSpec,
    dataset_sha256: str | None,
    first: int,
    count: int,
    history: Sequence[TrialView],
    to_epoch: int | None = None,
    below: Below | None = None,
) -> Iterator[Drawn]:
    """Yield the trials from number `first` on: they follow from the spec, and `history` if the sampler needs it.

    They are asked to train to `to_epoch`, or each to its end. `below` is what lower numbers mean for them. There
    are fewer if duplicates are skipped and the space has no new points.
    """
    end, below = first + count, below or Below()
    for start in range(first, end, HORIZON):
        numbers, last = range(start, min(start + HORIZON, end)), start - 1
        for trial in _drawn(spec, dataset_sha256, numbers, history, to_epoch, below):
            last = trial.number
            yield trial
        if last < numbers[-1]:
            return


def batch_of(spec: SweepSpec) -> int:
    """Return how many trials are drawn at a time: batches of one size, so that they are the same whoever is faster."""
    return max((HORIZON - LOW_WATER) // spec.trainings, 1)


def room_in_queue(snapshot: Snapshot) -> int:
    """Return how many trials the queue has room for, in whole batches."""
    batch = batch_of(snapshot.spec)
    return max((HORIZON - snapshot.waiting) // (batch * snapshot.spec.trainings), 0) * batch


def trials_left(snapshot: Snapshot) -> int:
    """Return how many trials the sampler may still propose: what the budget has left, or the sampler itself."""
    spec, left = snapshot.spec, max(snapshot.budget.trials - snapshot.drawn - len(snapshot.points), 0)
    points = points_of(spec)
    return left if points is None else min(left, max(points - _count_proposed(snapshot), 0))


def all_drawn(snapshot: Snapshot) -> End:
    """Return the end of a sweep for which no trial may be drawn any more."""
    if snapshot.spec.duplicates == "skip" and trials_left(snapshot):
        return exhausted(snapshot.spec)
    points = points_of(snapshot.spec)
    if points is None or _count_proposed(snapshot) < points or snapshot.drawn >= snapshot.budget.trials:
        return ALL_DRAWN
    kind = snapshot.spec.sampler["kind"]
    return End(SweepState.COMPLETED, f"the sampler {kind} is exhausted: all its {points:,} points finished")


def _count_proposed(snapshot: Snapshot) -> int:
    """Return how many of the trials the sampler proposed."""
    return snapshot.drawn - Memory.of(snapshot.memory).besides


def points_of(spec: SweepSpec) -> int | None:
    """Return how many points the sampler of a sweep has; None is no end."""
    ask = Ask(spec.space, (), spec.seed, spec.rules, spec.fixed, spec.sampler)
    return SAMPLERS[str(spec.sampler["kind"])].points(ask)


def epochs_of(spec: SweepSpec) -> int:
    """Return the epochs of a trial in a sweep that fixes them, or the steps of one that foreign code trains."""
    return spec.foreign.steps if spec.foreign else int(str(complete(spec.fixed)["epochs"]))


def place(
    spec: SweepSpec,
    dataset_sha256: str | None,
    numbers: Sequence[int],
    points: Sequence[Mapping[str, Value]],
    to_epoch: int | None,
    rests_on: Sequence[int] = (),
    below: Below | None = None,
) -> Iterator[Drawn]:
    """Yield the trials with these numbers and points, asked to train to `to_epoch`, or each to its end.

    A point that breaks a constraint is drawn anew, and one that a lower number has is treated as the spec says.
    """
    for number, params, same_as in placed(spec, numbers, points, below or Below()):
        yield replace(as_drawn(spec, dataset_sha256, number, params, to_epoch, rests_on), same_as=same_as)


def as_drawn(
    spec: SweepSpec,
    dataset_sha256: str | None,
    number: int,
    params: Mapping[str, Value],
    to_epoch: int | None,
    rests_on: Sequence[int] = (),
) -> Drawn:
    """Return the trial of this number and point, asked to train to `to_epoch` or its end."""
    whole = params_of(spec, params)
    return Drawn(
        number=number,
        params=params,
        cohort=_cohort(spec, dataset_sha256, whole),
        to_epoch=_end_of(spec, whole) if to_epoch is None else to_epoch,
        replicates=spec.trainings,
        folds=spec.folds,
        rests_on=rests_on,
        space_version=spec.space_version,
    )


def _cohort(spec: SweepSpec, dataset_sha256: str | None, params: Mapping[str, Value]) -> str:
    """Return the key of those runs with which a trial can share a stack, folds aside."""
    if spec.foreign is not None:
        return spec.trainer
    key = cohort_key(dataset_sha256 or "", params, spec.rules)
    return f"{key} with dev" if spec.train_on_dev else key


def _end_of(spec: SweepSpec, params: Mapping[str, Value]) -> int:
    """Return the epoch, or the step, at which a trial with all these parameters ends."""
    return spec.foreign.steps if spec.foreign else int(str(params["epochs"]))


def learns(spec: SweepSpec) -> bool:
    """Return whether the sampler of a sweep looks at earlier trials."""
    return SAMPLERS[str(spec.sampler["kind"])].need is Need.ALL


def _drawn(
    spec: SweepSpec,
    dataset_sha256: str | None,
    numbers: Sequence[int],
    history: Sequence[TrialView],
    to_epoch: int | None,
    below: Below,
) -> Iterator[Drawn]:
    """Yield trials whose quantiles are proposed together."""
    own = range(numbers[0] - below.besides, numbers[-1] + 1 - below.besides)
    seen = history if learns(spec) else ()
    rests_on = [trial.number for trial in seen]
    points = recalled(spec, below.earlier, seen, own, _proposals(spec, own, seen))
    yield from place(spec, dataset_sha256, numbers, points, to_epoch, rests_on, below)


def proposed(spec: SweepSpec, own: Sequence[int], seen: Sequence[TrialView]) -> list[Mapping[str, Value]]:
    """Return the points of the sampler's trials with these numbers of its own, within the constraints."""
    return admitted(spec, own, _proposals(spec, own, seen))


def _proposals(spec: SweepSpec, own: Sequence[int], seen: Sequence[TrialView]) -> Sequence[Mapping[str, Value]]:
    ask = Ask(spec.space, own, spec.seed, spec.rules, spec.fixed, spec.sampler, seen)
    quantiles = SAMPLERS[str(spec.sampler["kind"])].propose(ask).tolist()
    return spec.space.points(quantiles, spec.fixed, spec.rules)
