"""Drawing: from the spec of a sweep to trials that can be queued."""

from collections.abc import Sequence

from app.domain.queue import Drawn
from app.domain.sweeps import SweepSpec
from app.samplers import SAMPLERS, Observation
from app.schedulers import SCHEDULERS
from app.training.hyperparameters import cohort_key, complete

HORIZON = 1024
"""How many trials of a sweep wait in the queue at most."""


def draw(spec: SweepSpec, dataset_sha256: str, first: int, count: int, history: Sequence[Observation]) -> list[Drawn]:
    """Return the trials from number `first` on, with their first segments. They follow from the spec alone."""
    return [_drawn(spec, dataset_sha256, number, history) for number in range(first, first + count)]


def uses_history(spec: SweepSpec) -> bool:
    """Return whether the sweep's sampler looks at finished trials."""
    return SAMPLERS[str(spec.sampler["kind"])].uses_history


def _drawn(spec: SweepSpec, dataset_sha256: str, number: int, history: Sequence[Observation]) -> Drawn:
    sampler, scheduler = SAMPLERS[str(spec.sampler["kind"])], SCHEDULERS[str(spec.scheduler["kind"])]
    params = spec.space.point(sampler.propose(spec.space, spec.seed, number, history), spec.fixed, spec.rules)
    whole = complete({**spec.fixed, **params})
    from_epoch, to_epoch = scheduler.first_segment(int(str(whole["epochs"])))
    return Drawn(number, params, cohort_key(dataset_sha256, whole, spec.rules), from_epoch, to_epoch)
