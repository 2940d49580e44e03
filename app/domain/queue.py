"""What passes between the use cases and the queue of runs in the storage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from app.domain.states import TrialState
from app.domain.trials import Ancestor
from app.domain.values import Value
from app.domain.work import CheckpointRef, Decision, Keep, Lease, Outcome, Rank


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of all runs is a worker's: one of its access key's `workers` even parts of one of `keys` even parts.

    What others have no room for is nobody's loss: `beside` is the room of the other keys' workers, `within` that of the
    other workers of the same key; None if one of them has not said how much it has.
    """

    keys: int = 1
    workers: int = 1
    beside: int | None = None
    within: int | None = None

    @property
    def count(self) -> int:
        """How many even parts there are, if all were like this one."""
        return self.keys * self.workers

    def of(self, runs: int) -> int:
        """Return how many of so many runs the worker may have."""
        return _left(_left(runs, self.keys, self.beside), self.workers, self.within)


def _left(runs: int, parts: int, room: int | None) -> int:
    """Return an even part of runs, or what others have no room for if that is more."""
    return max(-(-runs // parts), 0 if room is None else runs - room)


@dataclass(frozen=True, slots=True)
class Ask:
    """What a worker asks for: up to `slots` runs of a trainer, best of `cohorts`, within its `part` of all of them.

    `owner` is the access key that it claims with, which its leases belong to; "" is nobody.
    """

    worker: str
    trainer: str
    rules: int
    slots: int
    cohorts: Sequence[str]
    part: Part
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Load:
    """What the asking worker holds, and what is open for its trainer: waiting runs without suspects, and leased ones.

    `waiting` is counted up to slots times parts.
    """

    held: int
    waiting: int
    leased: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A sweep in which runs wait: its priority, how many of its runs are held, and how many by the asking worker."""

    priority: int
    held: int
    mine: int


@dataclass(frozen=True, slots=True)
class SuspectCase:
    """Where a sweep has suspects waiting and nothing else: what speaks for trying one now.

    `hands` is what the worker holds or just took, `trying` how many others hold a suspect, `first` whether none of the
    others that hold runs comes before it in the order of their ids.
    """

    hands: int
    trying: int
    live_workers: int
    first: bool = True


SuspectTurn = Literal["give", "drain", "pass"]
"""Give a suspect, alone; give nothing more, so that the hands become empty; or pass on to the next sweep."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A run that was just leased; `params` are the trial's own; the first of its `ancestors` comes first."""

    lease: Lease
    sweep: str
    trial: int
    replicate: int
    params: Mapping[str, Value]
    cohort: str
    to_epoch: int
    checkpoint: CheckpointRef | None
    ancestors: Sequence[Ancestor] = ()


@dataclass(frozen=True, slots=True)
class Grant:
    """The answer to an Ask; `waiting` tells how many runs are left in the queue of each sweep that was looked at.

    A worker that got nothing though there is some was `held_back`: by its share, or by a suspect.
    """

    claimed: list[Claimed] = field(default_factory=list)
    waiting: dict[str, int] = field(default_factory=dict)
    keep: dict[str, Keep] = field(default_factory=dict)
    held_back: bool = False


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of results, in their order: outcome and reason; `idle` are sweeps without a queued run now."""

    outcomes: list[tuple[Outcome, str | None]]
    decisions: list[Decision]
    keep: dict[str, Keep]
    idle: list[str]


@dataclass(frozen=True, slots=True)
class RankedModel:
    """A stored model as ranking sees it; `settled` once its trial is final, in `state`, and maybe `confirmed`.

    Without a cost it is kept for now.
    """

    trial: int
    cost: float | None
    settled: bool
    state: TrialState = TrialState.COMPLETED
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Ranking:
    """Which models fall out of a sweep, and the last ranks that stay once all places are taken."""

    fallen: Sequence[int]
    last: Rank | None
    last_paused: Rank | None
