"""Which samplers and schedulers work together, and which pairs give the same sweep however many workers there are."""

from collections.abc import Iterator, Mapping
from enum import Enum

from app.domain.errors import Fault
from app.domain.options import option_faults
from app.domain.plan import Need
from app.domain.sweeps import SweepSpec
from app.domain.values import Value
from app.samplers import SAMPLERS
from app.schedulers import SCHEDULERS, RungScheduler, Scheduler


class Pair(Enum):
    """What becomes of a pair: the same sweep with any workers, one that depends on who was faster, or a refusal."""

    REPRODUCIBLE = "reproducible"
    WORKS = "works"
    REFUSED = "refused"


_PAIRS: Mapping[tuple[Need, Need], Pair] = {
    (Need.NOTHING, Need.NOTHING): Pair.REPRODUCIBLE,
    (Need.NOTHING, Need.ROUND): Pair.REPRODUCIBLE,
    (Need.NOTHING, Need.ROUNDS): Pair.REPRODUCIBLE,
    (Need.NOTHING, Need.LIVE): Pair.WORKS,
    (Need.NOTHING, Need.ALL): Pair.REPRODUCIBLE,
    (Need.ALL, Need.NOTHING): Pair.REPRODUCIBLE,
    (Need.ALL, Need.ROUND): Pair.REPRODUCIBLE,
    (Need.ALL, Need.ROUNDS): Pair.REPRODUCIBLE,
    (Need.ALL, Need.LIVE): Pair.REFUSED,
    (Need.ALL, Need.ALL): Pair.REPRODUCIBLE,
}
"""By what the sampler needs and what the scheduler needs, if the scheduler goes with that sampler at all."""


def pair_of(sampler: str, scheduler: str) -> Pair:
    """Return what becomes of a kind of sampler with a kind of scheduler."""
    if not _goes_with(scheduler, sampler):
        return Pair.REFUSED
    return _PAIRS[SAMPLERS[sampler].need, SCHEDULERS[scheduler].need]


def is_reproducible(spec: SweepSpec) -> bool:
    """Return whether a sweep is the same with any workers; what foreign code makes of a trial nobody can promise."""
    pair = pair_of(str(spec.sampler["kind"]), str(spec.scheduler["kind"]))
    return spec.foreign is None and pair is Pair.REPRODUCIBLE


def pair_faults(sampler: Mapping[str, Value], scheduler: Mapping[str, Value]) -> Iterator[Fault]:
    """Yield why what was posted cannot work together; unknown kinds and faulty options are told elsewhere."""
    kind, other = str(sampler.get("kind")), str(scheduler.get("kind"))
    if kind not in SAMPLERS or other not in SCHEDULERS:
        return
    if pair_of(kind, other) is Pair.REFUSED:
        yield Fault("/scheduler/kind", f"{_why(kind, other)} {_way_out(kind, other)}")
    elif SAMPLERS[kind].need is Need.ALL and _draws_all_at_once(SCHEDULERS[other], scheduler):
        detail = f"Under {other} all trials of the budget are drawn together, before {kind} has seen a result."
        way = (
            f'Give the brackets a size, such as "bracket": 27, or use a sampler that does not learn: {_others(other)}.'
        )
        yield Fault("/scheduler/bracket", f"{detail} {way}")


def _draws_all_at_once(kind: Scheduler, posted: Mapping[str, Value]) -> bool:
    """Return whether the first bracket has no size of its own, whatever the epochs."""
    if not isinstance(kind, RungScheduler) or any(option_faults("scheduler", posted, kind.options)):
        return False
    return kind.bracket(posted, 1, 0).size is None


def _goes_with(scheduler: str, sampler: str) -> bool:
    only = SCHEDULERS[scheduler].samplers
    return only is None or sampler in only


def _why(sampler: str, scheduler: str) -> str:
    if not _goes_with(scheduler, sampler):
        return f"{SCHEDULERS[scheduler].why_samplers} The sampler {sampler} cannot go with it."
    return (
        f"The sampler {sampler} learns from rounds of trials that have stopped, "
        f"but the scheduler {scheduler} waits for none."
    )


def _way_out(sampler: str, scheduler: str) -> str:
    waiting = ", ".join(kind for kind in SCHEDULERS if pair_of(sampler, kind) is not Pair.REFUSED)
    return f"Use {sampler} with one of {waiting}, or {scheduler} with {_fitting(scheduler)}."


def _fitting(scheduler: str) -> str:
    fitting = [kind for kind in SAMPLERS if pair_of(kind, scheduler) is not Pair.REFUSED]
    return f"one of {', '.join(fitting)}" if len(fitting) > 1 else fitting[0]


def _others(scheduler: str) -> str:
    """Return the samplers that do not learn and work with a scheduler."""
    fitting = [kind for kind, one in SAMPLERS.items() if one.need is Need.NOTHING]
    return ", ".join(kind for kind in fitting if pair_of(kind, scheduler) is not Pair.REFUSED)
