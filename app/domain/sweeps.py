"""Sweeps: what the user asked for, and where the sweep stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from app.domain.datasets import DatasetSummary
from app.domain.foreign import Foreign
from app.domain.history import Copied, Source
from app.domain.objectives import Direction, cost
from app.domain.space import Space
from app.domain.states import SweepState, TrialState
from app.domain.values import Value
from app.domain.work import OWN_TRAINER, Diverged, EarlyStopping

MOST_TRIALS = 1_000_000
"""The most trials that a sweep may have."""

USUAL_PRIORITY, HIGHEST_PRIORITY = 10, 100
"""Sweeps that run at the same time share the workers by their priorities, from 1 on."""

Duplicates = Literal["seed", "skip", "reuse"]
"""What becomes of a trial whose point one with a lower number has.

`seed`: it trains with another seed; `skip`: it is drawn anew; `reuse`: it takes the result of the lowest-numbered one.
"""


@dataclass(frozen=True, slots=True)
class Objective:
    """The metric by which trials are compared, and which way it is better.

    A trial that diverged is not compared, or by the metric of its best epoch, as `diverged` says.
    """

    metric: str
    direction: Direction
    diverged: Diverged = "exclude"


@dataclass(frozen=True, slots=True)
class Budget:
    """Where the sweep ends, whichever comes first.

    So many trials; so many epochs trained, all trials together; so many seconds in which work could be done; or a trial
    whose value is as good as the target.
    """

    trials: int
    seconds: float | None = None
    epochs: int | None = None
    target: float | None = None

    def allows_more_than(self, before: "Budget", direction: Direction) -> bool:
        """Return whether it allows for more than another one in any of its parts; a target may be harder to reach."""
        limits = ((self.seconds, before.seconds), (self.epochs, before.epochs))
        more = any(old is not None and (new is None or new > old) for new, old in limits)
        harder = before.target is not None and (
            self.target is None or cost(self.target, direction) < cost(before.target, direction)
        )
        return more or harder or self.trials > before.trials


@dataclass(frozen=True, slots=True)
class Spent:
    """The epochs charged, and the seconds that passed, while leaders were confirmed."""

    epochs: int = 0
    seconds: float = 0.0


NOTHING_SPENT = Spent()


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What confirms the best trials once the search has ended: the `leaders` get so many more `replicates`.

    That `share` of the budget's epochs and of its seconds is kept for it.
    """

    share: float = 0.2
    leaders: int = 5
    replicates: int = 2

    def left_of(self, budget: Budget, spent: Spent = NOTHING_SPENT) -> Budget:
        """Return the budget that the search may use up to its end; what was `spent` otherwise is none of its own."""
        rest = 1.0 - self.share
        epochs = None if budget.epochs is None else min(int(budget.epochs * rest) + spent.epochs, budget.epochs)
        seconds = None if budget.seconds is None else min(budget.seconds * rest + spent.seconds, budget.seconds)
        return replace(budget, epochs=epochs, seconds=seconds)


@dataclass(frozen=True, slots=True)
class TrainedOn:
    """The rows that a trial's first network learns from: train, `dev` as well, or all `folds` but the first."""

    folds: int = 1
    dev: bool = False


TRAIN_ALONE = TrainedOn()


@dataclass(frozen=True, slots=True)
class SweepSpec:
    """All that a user decides about a sweep; trials follow from it alone.

    `rules` is the version of the rules that shape its results: it ends under those that it began with. Sweeps from
    before it was written down have the first. Each trial is trained `replicates` times, each time with another seed,
    and with cross-validation each time on each of the `folds`. One that was chosen before may `train_on_dev` as well.
    The space is its version in force. A sweep of a foreign trainer has no data set, and says in `foreign` what its
    trials come to. Of the best `keep_models` trials the model is kept, and of the best `pool` for an ensemble of them;
    sweeps from before it was written down have no pool. `history` are the earlier sweeps from which it learns.
    """

    name: str
    dataset: str | None
    seed: int
    space: Space
    fixed: Mapping[str, Value]
    objective: Objective
    sampler: Mapping[str, Value]
    scheduler: Mapping[str, Value]
    early_stopping: EarlyStopping | None
    budget: Budget
    keep_models: int = 10
    rules: int = 1
    replicates: int = 1
    trainer: str = OWN_TRAINER
    foreign: Foreign | None = None
    duplicates: Duplicates = "seed"
    space_version: int = 1
    folds: int = 1
    confirm: Confirmation | None = None
    train_on_dev: bool = False
    pool: int = 0
    history: Sequence[Source] = ()

    @property
    def trainings(self) -> int:
        """How many runs a trial has: replicates times folds, the folds of one replicate next to each other."""
        return self.replicates * self.folds

    @property
    def trained_on(self) -> TrainedOn:
        """What the first run of each trial learns from."""
        return TrainedOn(self.folds, self.train_on_dev)

    @property
    def kept_models(self) -> int:
        """Of so many of the best trials the model is kept."""
        return max(self.keep_models, self.pool)

    @property
    def rules_to_know(self) -> int:
        """The rules that a worker must know: foreign code follows none of ours."""
        return self.rules if self.foreign is None else 1


@dataclass(frozen=True, slots=True)
class Labels:
    """What a user calls a sweep, notes about it and how much it matters; nothing of a result depends on it."""

    name: str
    tags: Sequence[str] = ()
    notes: str = ""
    priority: int = USUAL_PRIORITY


@dataclass(frozen=True, slots=True)
class NewSweep:
    """A sweep to store: what was `posted` and what followed from it; `metrics` are those that its trials may have.

    A sweep of a foreign trainer has no data set. `history` is a copy of what the earlier sweeps of its spec showed.
    """

    spec: SweepSpec
    labels: Labels
    posted: Mapping[str, Value]
    dataset: DatasetSummary | None
    metrics: Mapping[str, Direction]
    history: Sequence[Copied] = ()


@dataclass(frozen=True, slots=True)
class SpaceVersion:
    """A space that a sweep had from a time on, counted from 1, as it was posted."""

    version: int
    created_at: datetime
    space: Mapping[str, Value]
    constraints: Sequence[str]


@dataclass(frozen=True, slots=True)
class NewSpace:
    """A space to be in force from a time on, and as what it was posted; None is what it was before.

    The `pool` has room for so many models of the largest network that may be drawn from now on.
    """

    space: Space
    created_at: datetime
    posted: Mapping[str, Value] | None
    constraints: Sequence[str] | None
    pool: int


@dataclass(frozen=True, slots=True)
class SweepChanges:
    """What a PATCH changes: None leaves it as it is. `budget` is the whole new one."""

    name: str | None = None
    tags: Sequence[str] | None = None
    notes: str | None = None
    priority: int | None = None
    budget: Budget | None = None
    space: NewSpace | None = None


@dataclass(frozen=True, slots=True)
class SweepFilter:
    """Which sweeps a list has: those that fit every part that is not None; `name` is a part of the name."""

    name: str | None = None
    state: SweepState | None = None
    tag: str | None = None
    dataset: str | None = None


@dataclass(frozen=True, slots=True)
class Used:
    """What a sweep has used of its budget: trials drawn, epochs charged, seconds in which work could be done.

    A trial is charged all its epochs; what it left is given back under a budget of epochs alone. Seconds are counted
    under a budget of seconds alone.
    """

    trials: int
    epochs: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Enqueued:
    """What became of points that were picked by hand: the numbers of those drawn at once, and how many others wait."""

    trials: Sequence[int]
    waiting: int


@dataclass(frozen=True, slots=True)
class Best:
    """The best finished trial of a sweep so far: one that was pruned only if no completed one is as good."""

    trial: int
    value: float
    params: Mapping[str, Value]
    state: TrialState = TrialState.COMPLETED


@dataclass(frozen=True, slots=True)
class Sweep:
    """A sweep as stored. `posted` is the spec as the user sent it; times are UTC.

    The budget in `spec` is the one in force; `waiting_points` hand-picked points wait to be drawn. `spaces`
    are the versions of its space, the last one in force.
    While an end awaits runs in training, `ending` is the state to come.
    """

    id: str
    state: SweepState
    ending: SweepState | None
    spec: SweepSpec
    labels: Labels
    used: Used
    posted: Mapping[str, Value]
    dataset_sha256: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    reason: str | None
    counts: Mapping[TrialState, int]
    best: Best | None
    waiting_points: int = 0
    spaces: Sequence[SpaceVersion] = ()
