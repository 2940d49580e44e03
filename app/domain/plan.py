"""Plans: what the planner is shown of a sweep, and the moves that it answers."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import TypeAlias

from app.domain.history import EarlierSweep
from app.domain.states import SweepState, TrialState
from app.domain.sweeps import Budget, SweepSpec
from app.domain.values import Value

REFUND_BLOCK = 64
"""Refunds of epochs are made for the trials from one multiple of this number to the next."""


class Need(Enum):
    """What a kind of sampler or scheduler must be shown of a sweep.

    Counters alone; besides them the runs of its bracket, once all of them have stopped; those of all brackets; the
    same, also while some train; or, once all have stopped, all runs and all finished trials.
    """

    NOTHING = "nothing"
    ROUND = "round"
    ROUNDS = "rounds"
    LIVE = "live"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class RunView:
    """A run as the planner sees it: asked to train to `asked`, `epochs` of it done.

    `cost` is that of its best epoch so far; None where it has none that can be compared. `rungs` are the epochs at
    whose ends it paused to be compared, in their order, with its cost there; `Need.ROUND` is not shown them.
    """

    key: int
    trial: int
    replicate: int
    state: TrialState
    epochs: int
    asked: int
    cost: float | None
    rungs: Sequence[tuple[int, float]] = ()


@dataclass(frozen=True, slots=True)
class TrialView:
    """A trial that has stopped, finished or paused at a rung, as samplers see it.

    `cost` (lower is better) is the lowest so far, None where it cannot be compared. `rungs` are pairs of an epoch at
    whose end it was compared and its lowest cost up to there, in the order of epochs; a trial that was compared with
    others only at its end has none.
    """

    number: int
    params: Mapping[str, Value]
    state: TrialState
    cost: float | None
    rungs: Sequence[tuple[int, float]] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """Trials number `first` to `end` - 1, all of them final: the epochs that their runs were charged, and trained.

    What a trial inherited counts for the one that trained it.
    """

    first: int
    end: int
    charged: int
    trained: int


@dataclass(frozen=True, slots=True)
class Held:
    """A trial of an older version of the space that nobody has begun: its runs are paused until it is drawn anew.

    It is number `own`, counted from 0, of those that the sampler proposed.
    """

    number: int
    own: int
    params: Mapping[str, Value]
    to_epoch: int
    space_version: int


@dataclass(frozen=True, slots=True)
class Leader:
    """One of the best completed trials of a search that has ended: how many `runs` it has, and how far they trained.

    So many that were to confirm it were `cancelled`; what they were charged was not given back.
    """

    trial: int
    runs: int
    asked: int
    cancelled: int = 0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A sweep at one moment. `memory` is what the last plan left for this one, plain JSON.

    `budget` is the one in force, that of the spec, or the part of it that a search may use that is to be confirmed.

    `waiting` counts the queued runs, up to the horizon of drawing; `in_training` tells whether any is queued or
    running. While the sweep runs, no run is paused short of its `asked`, but for those of `held` trials: one that comes
    in so, late after a pause, is queued again. `charged` are the epochs asked for less those refunded, `seconds` those
    in which work could be done, `best_cost` the lowest one of a final trial. While an end awaits runs in training,
    `ending` is the state to come and `reason` why; the sweep still runs. Once a search that is to be confirmed awaits
    none any more, its `leaders` are shown: those whose confirmation was cut short, then the best first.

    The storage reads two entries of the memory. `runs` are those of rounds, by trial and replicate: for `Need.ROUND`
    from the round `since` on (1 if there is no such entry). They are empty while any run is queued or running, unless
    `Need.LIVE` is asked for. `block` has the trials from `refunded`
    (or 0) up to the next multiple of REFUND_BLOCK, if all of them are drawn and final; with no run in training it ends
    with the last trial drawn. It is None where it would be empty. `trials` are all finished and paused ones, by number.
    `points` are hand-picked ones that wait to be drawn, in the order in which they were enqueued; the budget has room
    for them. While the memory's `space` is not the version of the spec's space, `held` are the trials to be drawn anew,
    by number; for `Need.ALL` all runs are shown then, and `this_round` are the trials with runs of the memory's round.

    `earlier` are, for `Need.ALL`, the sweeps whose trials were copied when this one was posted: always the same.

    `drawn_out` tells that an earlier plan found no new point, of as many trials with as many points as there are.
    `taken` has, where duplicates are skipped or reused, the number of the first trial with each point, by the `key` of
    its params; those that were cancelled, or go on from others, count as none.
    """

    sweep: str
    version: int
    state: SweepState
    spec: SweepSpec
    dataset_sha256: str | None
    budget: Budget
    drawn: int
    waiting: int
    in_training: bool
    charged: int
    seconds: float
    best_cost: float | None
    ending: str | None
    memory: Mapping[str, Value]
    runs: Sequence[RunView] = ()
    trials: Sequence[TrialView] = ()
    block: Block | None = None
    reason: str | None = None
    taken: Mapping[str, int] = field(default_factory=dict)
    leaders: Sequence[Leader] = ()
    points: Sequence[Mapping[str, Value]] = ()
    held: Sequence[Held] = ()
    this_round: frozenset[int] = frozenset()
    drawn_out: bool = False
    earlier: Sequence[EarlierSweep] = ()


@dataclass(frozen=True, slots=True)
class Inheritance:
    """Where a trial begins: with what `parent` has become by the end of `epoch`, each replicate with that of its own.

    All replicates of the parent that may still train are paused there.
    """

    parent: int
    epoch: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """A trial that was drawn but not yet stored, with a run for each replicate, asked to train to `to_epoch`.

    Its runs take turns at the `folds`, of which each has data of its own: only runs of one fold share stacks.
    `rests_on` are the numbers of the trials whose results its point follows from. One that inherits trains on from
    where its parent stands, with hyperparameters that differ in knobs alone, and is charged what it trains itself.
    One that was `enqueued` has a hand-picked point, the first of those that wait. One that is the `same_as` a trial
    with a lower number has no runs, and takes the result of that one.
    `space_version` is the version of the space that it was drawn from.
    """

    number: int
    params: Mapping[str, Value]
    cohort: str
    to_epoch: int
    replicates: int = 1
    rests_on: Sequence[int] = ()
    inherits: Inheritance | None = None
    enqueued: bool = False
    space_version: int = 1
    folds: int = 1
    same_as: int | None = None

    def cohort_of(self, replicate: int) -> str:
        """Return the key of the runs with which that of a replicate can share a stack."""
        return self.cohort if self.folds == 1 else f"{self.cohort} fold {replicate % self.folds + 1}/{self.folds}"

    @property
    def begins_after(self) -> int:
        """The epoch after which its own epochs begin; 0 if it does not inherit."""
        return 0 if self.inherits is None else self.inherits.epoch

    @property
    def asked(self) -> int:
        """The epochs that all its runs together are asked to train."""
        return (self.to_epoch - self.begins_after) * self.replicates if self.same_as is None else 0


@dataclass(frozen=True, slots=True)
class Draw:
    """Store these trials and queue their runs; `round` 0 is none. Either all of them inherit, or none."""

    trials: Sequence[Drawn]
    round: int
    reason: str


@dataclass(frozen=True, slots=True)
class Redraw:
    """Give held trials these points, and queue them again; cancel those that are a `surplus`. `round` 0 is none."""

    trials: Sequence[Drawn]
    surplus: Sequence[int]
    round: int
    reason: str


@dataclass(frozen=True, slots=True)
class Train:
    """Let these paused runs go on to the end of `to_epoch`, in this round; what is asked for more is charged."""

    runs: Sequence[RunView]
    to_epoch: int
    round: int
    reason: str


@dataclass(frozen=True, slots=True)
class Prune:
    """End this run, which is paused, or passed a rung and trains on: its best epoch so far is its result."""

    run: RunView
    round: int
    reason: str


@dataclass(frozen=True, slots=True)
class Refund:
    """Give back what a block of trials was charged and did not train; the plan's memory goes past the block."""

    block: Block


@dataclass(frozen=True, slots=True)
class End:
    """End the sweep.

    Queued runs are cancelled, unless a pause handed in a result; those and paused ones are completed with it. Runs in
    training are told to complete with their best epoch, and the sweep ends when all have answered or their leases ran
    out: by the same move, made once more and written among the decisions once.
    """

    state: SweepState
    reason: str


@dataclass(frozen=True, slots=True)
class Close:
    """End the search as by `End`, but not the sweep: it is about to end until it is confirmed, or ended."""

    reason: str


@dataclass(frozen=True, slots=True)
class Confirm:
    """Let these trials, which are final, have so many more runs each; until those have stopped the sweep goes on.

    Of one that had them before those are queued again that were cancelled.
    """

    leaders: Sequence[Leader]
    more: int
    reason: str


Rungs: TypeAlias = Mapping[int, Collection[int]]
"""The epochs at which runs are compared while they train on, by their keys: those that pause there need none."""

NO_RUNGS: Rungs = MappingProxyType({})

Move: TypeAlias = Draw | Redraw | Train | Prune | Refund | Close | Confirm | End


@dataclass(frozen=True, slots=True)
class Plan:
    """Moves to be made together, in their order, and what the next plan is to remember.

    It has `drawn_out` the sweep where duplicates are skipped and it found no new point: as long as no trial comes or is
    cancelled, no other plan needs to look for one.
    """

    moves: Sequence[Move] = ()
    memory: Mapping[str, Value] = field(default_factory=dict)
    drawn_out: bool = False


@dataclass(frozen=True, slots=True)
class StoredDecision:
    """What was decided about some trials of a sweep, and why; `round` 0 is none.

    `kind` is draw, redraw, train, prune, confirm or end; patch where someone changed budget or space, enqueue where
    someone picked points.
    """

    number: int
    round: int
    kind: str
    trials: Sequence[int]
    reason: str
