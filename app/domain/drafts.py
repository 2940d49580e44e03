"""Requests for a sweep and for changes of one, as far as they could be read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.domain.objectives import Direction
from app.domain.space import Parameter
from app.domain.sweeps import USUAL_PRIORITY, Confirmation, Duplicates
from app.domain.values import Value
from app.domain.work import OWN_TRAINER, Diverged, EarlyStopping


@dataclass(frozen=True, slots=True)
class SweepDraft:
    """What the user posted, before its rules are checked; None where it is absent or could not be read.

    `posted` is the request itself, `unreadable` names parameters and fixed values that could not be read.
    """

    posted: Mapping[str, Value]
    name: str | None = None
    tags: Sequence[str] = ()
    notes: str = ""
    priority: int = USUAL_PRIORITY
    trainer: str = OWN_TRAINER
    metrics: Mapping[str, Direction] | None = None
    steps: int | None = None
    pauses: bool = False
    dataset: str | None = None
    seed: int | None = None
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    fixed: Mapping[str, Value] = field(default_factory=dict)
    unreadable: frozenset[str] = frozenset()
    constraints: Sequence[str] = ()
    metric: str | None = None
    direction: Direction | None = None
    diverged: Diverged = "exclude"
    sampler: Mapping[str, Value] = field(default_factory=lambda: {"kind": "random"})
    scheduler: Mapping[str, Value] = field(default_factory=lambda: {"kind": "none"})
    early_stopping: EarlyStopping | None = None
    trials: int | None = None
    seconds: float | None = None
    epochs: int | None = None
    target: float | None = None
    replicates: int = 1
    folds: int = 1
    confirm: Confirmation | None = None
    keep_models: int | None = None
    duplicates: Duplicates = "seed"
    pool: int | None = None
    history: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ChangesDraft:
    """What the user wants changed: None leaves it as it is. `budget` has the parts that change, None for no limit.

    `parameters` and `constraints` are all of a new space; `unreadable` names parameters that could not be read.
    """

    name: str | None = None
    tags: Sequence[str] | None = None
    notes: str | None = None
    priority: int | None = None
    budget: Mapping[str, float | None] = field(default_factory=dict)
    posted: Mapping[str, Value] = field(default_factory=dict)
    parameters: Mapping[str, Parameter] | None = None
    unreadable: frozenset[str] = frozenset()
    constraints: Sequence[str] | None = None
