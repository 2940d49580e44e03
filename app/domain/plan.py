"""Plans: what the planner is shown of a sweep, and the moves that it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from app.domain.space import Value
from app.domain.states import SweepState, TrialState
from app.domain.sweeps import Budget, SweepSpec


class Need(Enum):
    """What a kind of sampler or scheduler must be shown of a sweep."""

    NOTHING = "nothing"
    ROUND = "round"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class RunView:
    """A run as the planner sees it: asked to train to `asked`, `epochs` of it done; `value` is its best so far."""

    key: int
    trial: int
    replicate: int
    state: TrialState
    epochs: int
    asked: int
    value: float | None


@dataclass(frozen=True, slots=True)
class TrialView:
    """A finished trial as samplers see it: `value` is None where it cannot be compared."""

    number: int
    params: Mapping[str, Value]
    value: float | None


@dataclass(frozen=True, slots=True)
class Block:
    """The runs of a block of trial numbers that are all done: epochs asked for when drawn, and trained."""

    index: int
    asked: int
    trained: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A sweep at one moment. `memory` is what the last plan left for this one, plain JSON.

    `waiting` counts the queued runs, up to the horizon of drawing; `open_runs` tells whether any run is queued, running
    or paused, `in_training` whether any is queued or running. `charged` are the epochs asked for less those refunded,
    `seconds` those in which work could be done. `runs` are those of the current round, `trials` all finished ones, as
    the kinds need them; `block` is the next block to refund, if it is done.
    """

    sweep: str
    version: int
    state: SweepState
    spec: SweepSpec
    dataset_sha256: str
    budget: Budget
    drawn: int
    waiting: int
    open_runs: bool
    in_training: bool
    charged: int
    seconds: float
    best: float | None
    ending: str | None
    memory: Mapping[str, Value]
    runs: Sequence[RunView] = ()
    trials: Sequence[TrialView] = ()
    block: Block | None = None


@dataclass(frozen=True, slots=True)
class Drawn:
    """A trial that was drawn but not yet stored, with a run for each replicate, asked to train to `to_epoch`.

    `rests_on` are the numbers of the trials whose results its point follows from.
    """

    number: int
    params: Mapping[str, Value]
    cohort: str
    to_epoch: int
    replicates: int = 1
    rests_on: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Draw:
    """Store these trials and queue their runs; `round` 0 is none."""

    trials: Sequence[Drawn]
    round: int
    reason: str


@dataclass(frozen=True, slots=True)
class Train:
    """Let these paused runs go on to the end of `to_epoch`."""

    runs: Sequence[RunView]
    to_epoch: int
    round: int
    reason: str


@dataclass(frozen=True, slots=True)
class Prune:
    """End this paused run: its best epoch so far is its result."""

    run: RunView
    round: int
    reason: str


@dataclass(frozen=True, slots=True)
class Refund:
    """Give back what a block of trials was charged and did not train."""

    block: Block


@dataclass(frozen=True, slots=True)
class End:
    """End the sweep.

    Queued runs are cancelled, unless a pause handed in a result; those and paused ones are completed with it. Runs in
    training are told to complete with their best epoch; the sweep ends when all have answered or their leases ran out.
    """

    state: SweepState
    reason: str


Move: TypeAlias = Draw | Train | Prune | Refund | End


@dataclass(frozen=True, slots=True)
class Plan:
    """Moves to be made together, in their order, and what the next plan is to remember."""

    moves: Sequence[Move] = ()
    memory: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredDecision:
    """A decision of a plan as it is told: what was done to which trials, in which round, and why."""

    number: int
    round: int
    kind: str
    trials: Sequence[int]
    reason: str
