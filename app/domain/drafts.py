"""A request for a sweep, as far as it could be read."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.domain.space import Parameter, Value
from app.domain.work import Diverged, EarlyStopping


@dataclass(frozen=True, slots=True)
class SweepDraft:
    """What the user posted, before its rules are checked; None where it is absent or could not be read.

    `posted` is the request itself, `unreadable` names parameters and fixed values that could not be read.
    """

    posted: Mapping[str, Value]
    name: str | None = None
    dataset: str | None = None
    seed: int | None = None
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    fixed: Mapping[str, Value] = field(default_factory=dict)
    unreadable: frozenset[str] = frozenset()
    metric: str | None = None
    diverged: Diverged = "exclude"
    sampler: Mapping[str, Value] = field(default_factory=lambda: {"kind": "random"})
    scheduler: Mapping[str, Value] = field(default_factory=lambda: {"kind": "none"})
    early_stopping: EarlyStopping | None = None
    trials: int | None = None
    seconds: float | None = None
    keep_models: int | None = None
