"""Lineages: what a run trains next, its ancestors' pieces first, and from which checkpoint."""

from dataclasses import dataclass

from app.trainer.loading import ReadyRun
from engine.population import Checkpoint, heir_of
from engine.spec import MemberSpec


@dataclass(frozen=True, slots=True)
class Leg:
    """The next part of a run's way: the member that trains it, where it begins, and after which epoch it pauses."""

    spec: MemberSpec
    checkpoint: Checkpoint | None
    pause_at: int | None


def next_leg(one: ReadyRun) -> Leg:
    """Return the part of a run's way that begins at its checkpoint; its own comes after those of its ancestors.

    Raises ValueError for a checkpoint that is none of its or its ancestors'.
    """
    epoch = 0 if one.checkpoint is None else one.checkpoint.epoch
    ahead = [ancestor for ancestor in one.ancestors if ancestor.to_epoch > epoch]
    spec, end = (ahead[0].spec, ahead[0].to_epoch) if ahead else (one.spec, one.run.to_epoch)
    return Leg(spec, _inherited(one, spec), end if end < spec.epochs else None)


def _inherited(one: ReadyRun, heir: MemberSpec) -> Checkpoint | None:
    """Return where the heir begins: what an ancestor had become is its own only once it has inherited it."""
    start = one.checkpoint
    ended = [ancestor for ancestor in one.ancestors if start is not None and ancestor.to_epoch == start.epoch]
    if start is None or not ended:
        return start
    return heir_of(start, ended[0].spec, heir, one.data)
