"""Drawing: from the spec of a sweep to trials that can be queued, as many as the queue has room for."""

from collections.abc import Iterator, Sequence

from app.contract.hyperparameters import cohort_key, complete
from app.domain.plan import Drawn, Need, Snapshot, TrialView
from app.domain.sweeps import SweepSpec
from app.samplers import SAMPLERS
from app.schedulers import SCHEDULERS

HORIZON = 1024
"""How many runs of a sweep wait in the queue at most."""

LOW_WATER = HORIZON - HORIZON // 8
"""Once fewer runs of a sweep wait in the queue, more trials are drawn."""


def draw(spec: SweepSpec, dataset_sha256: str, first: int, count: int, history: Sequence[TrialView]) -> Iterator[Drawn]:
    """Yield the trials from number `first` on: they follow from the spec, and `history` if the sampler needs it."""
    end = first + count
    for start in range(first, end, HORIZON):
        yield from _drawn(spec, dataset_sha256, range(start, min(start + HORIZON, end)), history)


def batch_of(spec: SweepSpec) -> int:
    """Return how many trials are drawn at a time: batches of one size, so that they are the same whoever is faster."""
    return max((HORIZON - LOW_WATER) // spec.replicates, 1)


def room_in_queue(snapshot: Snapshot) -> int:
    """Return how many trials the queue has room for, in whole batches."""
    batch = batch_of(snapshot.spec)
    return max((HORIZON - snapshot.waiting) // (batch * snapshot.spec.replicates), 0) * batch


def epochs_of(spec: SweepSpec) -> int:
    """Return the epochs of a trial in a sweep that fixes them."""
    return int(str(complete(spec.fixed)["epochs"]))


def _drawn(
    spec: SweepSpec, dataset_sha256: str, numbers: Sequence[int], history: Sequence[TrialView]
) -> Iterator[Drawn]:
    """Yield trials whose quantiles are proposed together."""
    sampler, scheduler = SAMPLERS[str(spec.sampler["kind"])], SCHEDULERS[str(spec.scheduler["kind"])]
    seen = history if sampler.need is Need.ALL else ()
    rests_on = [trial.number for trial in seen]
    others = complete(spec.fixed)
    quantiles = sampler.propose(spec.space, spec.seed, numbers, seen)
    points = spec.space.points(quantiles.tolist(), spec.fixed, spec.rules)
    for number, params in zip(numbers, points, strict=True):
        whole = others | params
        yield Drawn(
            number=number,
            params=params,
            cohort=cohort_key(dataset_sha256, whole, spec.rules),
            to_epoch=scheduler.first_epoch(spec.scheduler, int(str(whole["epochs"]))),
            replicates=spec.replicates,
            rests_on=rests_on,
        )
