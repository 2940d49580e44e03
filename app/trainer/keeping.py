"""Whose weights leave a worker: those that may be among the models that their sweep keeps."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.domain.work import PAUSED_MODELS, Keep, LeasedRun, Rank

_ANY = Rank(math.inf, 0)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A run that ended or paused with weights, and its cost at the best epoch, infinite where it has no value."""

    run: LeasedRun
    state: str
    cost: float


def wanted(candidates: Sequence[Candidate], keep: Mapping[str, Keep]) -> set[int]:
    """Return the runs whose weights are to be handed in; of a sweep without bounds, all that may be ranked.

    Of those that stopped together, no more than a sweep keeps; and none that paused, if as many that ended are better.
    """
    by_sweep: dict[str, list[Candidate]] = {}
    for one in candidates:
        if _may_rank(one):
            by_sweep.setdefault(one.run.sweep, []).append(one)
    return {
        one.run.lease.run
        for sweep, together in by_sweep.items()
        for one in (_within(together, keep[sweep]) if sweep in keep else together)
    }


def _may_rank(one: Candidate) -> bool:
    return one.run.replicate == 0 and (one.state != "diverged" or one.run.diverged == "best_epoch")


def _within(together: Sequence[Candidate], keep: Keep) -> Iterator[Candidate]:
    if keep.replicates > 1:
        yield from together
        return
    ranked = sorted(together, key=_rank)
    ended = [one for one in ranked if one.state != "paused"][: keep.models]
    yield from (one for one in ended if _rank(one) <= (keep.last or _ANY))
    last = _rank(ended[-1]) if ended and len(ended) == keep.models else _ANY
    paused = [one for one in ranked if one.state == "paused"][: PAUSED_MODELS * keep.models]
    yield from (one for one in paused if _rank(one) <= min(keep.last_paused or _ANY, last))


def _rank(one: Candidate) -> Rank:
    return Rank(one.cost, one.run.trial)
