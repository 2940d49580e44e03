"""Brackets: trials that are drawn together and compared rung by rung, and what comes of a comparison."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.domain.sweeps import Objective


@dataclass(frozen=True, slots=True)
class Bracket:
    """So many trials, which stop at the ends of these epochs, in rising order; the last one is their end.

    Without a `size` they are all that the budget has left; without rungs each trial trains to its own end.
    """

    rungs: Sequence[int]
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Contender:
    """A trial as a scheduler compares it: `epochs` trained, and the mean over its replicates of their lowest costs.

    `cost` is None if a replicate has none that can be compared. It is `open` if it can go on: a replicate is paused.
    """

    trial: int
    epochs: int
    cost: float | None
    open: bool


@dataclass(frozen=True, slots=True)
class Round:
    """A round that has stopped at the `rung`-th of its bracket's `rungs`, counted from 1.

    `size` is how many trials the bracket began with; `contenders` are those of them that were not pruned, by number.
    `earlier` are the costs, at the epoch of this rung, of trials of earlier brackets that came so far or had ended by
    then; they are known to kinds with `Need.ROUNDS` alone.
    """

    rung: int
    rungs: Sequence[int]
    size: int
    objective: Objective
    contenders: Sequence[Contender]
    earlier: Sequence[float] = ()

    @property
    def to_epoch(self) -> int:
        """The epoch of the next rung."""
        return self.rungs[self.rung]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which open trials go on to the end of `to_epoch`, best first, and why each of the others is pruned."""

    go_on: Sequence[int] = ()
    to_epoch: int = 0
    reason: str = ""
    pruned: Mapping[int, str] = field(default_factory=dict)
