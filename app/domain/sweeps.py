"""Sweeps: what the user asked for, and where the sweep stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from app.domain.space import Space, Value
from app.domain.states import SweepState, TrialState
from app.domain.work import Diverged, EarlyStopping

Metric = Literal["train_loss", "train_error", "dev_loss", "dev_error", "train_rmse", "dev_rmse"]


@dataclass(frozen=True, slots=True)
class Objective:
    """The metric by which trials are compared.

    A trial that diverged is not compared, or by the metric of its best epoch, as `diverged` says.
    """

    metric: Metric
    direction: Literal["minimize"] = "minimize"
    diverged: Diverged = "exclude"


@dataclass(frozen=True, slots=True)
class Budget:
    """Where the sweep ends: after so many trials, or after so many seconds, whichever comes first."""

    trials: int
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class SweepSpec:
    """All that a user decides about a sweep; trials follow from it alone.

    `rules` is the version of the rules that shape its results: it ends under those that it began with. Sweeps from
    before it was written down have the first.
    """

    name: str
    dataset: str
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


@dataclass(frozen=True, slots=True)
class Best:
    """The best finished trial of a sweep so far."""

    trial: int
    value: float
    params: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Sweep:
    """A sweep as stored. `posted` is the spec as the user sent it; times are UTC."""

    id: str
    state: SweepState
    spec: SweepSpec
    posted: Mapping[str, Value]
    dataset_sha256: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    reason: str | None
    counts: Mapping[TrialState, int]
    best: Best | None
