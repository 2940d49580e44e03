"""Trials: one point of the space, its state and its result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.states import TrialState
from app.domain.values import Value
from app.domain.work import Metrics


@dataclass(frozen=True, slots=True)
class KeptModel:
    """The weights of a good trial, float32 in one row, and the processor and versions that made them.

    The other fields are those of the run that they are of, replicate 0 of the trial.
    """

    weights: bytes
    made_with: Mapping[str, str]
    metrics: Metrics
    best_epoch: int | None
    epochs: int


@dataclass(frozen=True, slots=True)
class Trial:
    """A trial as stored; the result fields are None until it is known, metrics None where undefined. Times are UTC.

    One that was `enqueued` has a hand-picked point; those of others were proposed.
    With several replicates, value and metrics are the means over them, and best epoch and weights those of replicate 0.
    One that is the `same_as` another one has its point, and its result without a run of its own.
    """

    sweep: str
    number: int
    state: TrialState
    params: Mapping[str, Value]
    metrics: Metrics
    value: float | None
    best_epoch: int | None
    epochs: int
    seconds: float
    reason: str | None
    replicates: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    enqueued: bool = False
    confirmed: bool = False
    space_version: int = 1
    same_as: int | None = None


@dataclass(frozen=True, slots=True)
class Ancestor:
    """A trial from which another one goes on: it trained up to the end of `to_epoch`, with `params` of its own."""

    trial: int
    params: Mapping[str, Value]
    to_epoch: int


@dataclass(frozen=True, slots=True)
class CompleteTrial:
    """A trial with all hyperparameters that it trains with: searched, fixed and defaults.

    The `lineage` has its ancestors, the first one first.
    """

    trial: Trial
    all_params: Mapping[str, Value]
    lineage: Sequence[Ancestor] = ()


@dataclass(frozen=True, slots=True)
class MetricCurve:
    """One metric of a run, epoch by epoch; None where it was not finite or not measured."""

    epochs: Sequence[int]
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class LossCurve:
    """The training loss of a run, epoch by epoch, and the norms of its layers' gradients, None where not measured.

    A loss that was not finite is None as well, and so is such a norm.
    """

    epochs: Sequence[int]
    losses: Sequence[float | None]
    gradient_norms: Sequence[Sequence[float | None] | None]
