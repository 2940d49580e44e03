"""What passes between server and workers: leased segments, epochs, results and the server's answers.

The records are the JSON of the work routes as well: both edges read and write them with pydantic.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

Metrics = dict[str, float | None]
Diverged = Literal["exclude", "best_epoch"]


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to run the segment of one trial; a stale `fence` makes a late writer harmless."""

    sweep: str
    trial: int
    fence: int


@dataclass(frozen=True, slots=True)
class EarlyStopping:
    """Stop when the objective has not improved by more than `min_delta` for `patience` epochs."""

    patience: int
    min_delta: float = 0.0


@dataclass(frozen=True, slots=True)
class Segment:
    """A trial to train from the end of `from_epoch` to the end of `to_epoch`.

    `params` holds every hyperparameter, `cohort` the key of trials that can share a stack. `rules` is
    the version of the rules that the sweep began with. With `diverged` "exclude", nobody needs the weights of a trial
    that diverges.
    """

    lease: Lease
    dataset: str
    dataset_sha256: str
    seed: int
    params: dict[str, Any]  # of Value, an alias that names itself, which pydantic cannot follow
    metric: str
    early_stopping: EarlyStopping | None
    from_epoch: int
    to_epoch: int
    cohort: str
    rules: int = 1
    diverged: Diverged = "exclude"


@dataclass(frozen=True, slots=True)
class Epoch:
    """One point of a curve; a value that is not finite is None.

    `gradient_norms` has a number for each dense layer, input side first, or is None where nobody measured them.
    """

    epoch: int
    train_loss: float | None
    dev_loss: float | None
    dev_error: float | None
    dev_rmse: float | None
    seconds: float
    gradient_norms: list[float | None] | None = None


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """A worker asks for up to `slots` segments, best of `cohorts` it already trains, and waits for them."""

    worker: str
    slots: int
    cohorts: list[str] = field(default_factory=list)
    wait: float = 0.0


@dataclass(frozen=True, slots=True)
class ClaimAnswer:
    """The segments leased, for `lease_seconds` unless a heartbeat comes.

    `keep_below` tells for each sweep the objective above which weights need not be sent.
    """

    segments: list[Segment]
    lease_seconds: float
    keep_below: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Progress:
    """The epochs of one leased trial since its last report."""

    lease: Lease
    epochs: list[Epoch]


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """The progress of everything a worker trains, in one request."""

    worker: str
    items: list[Progress]


@dataclass(frozen=True, slots=True)
class HeartbeatRequest:
    """All the leases a worker still wants to keep (heartbeat), or gives back untouched (release)."""

    worker: str
    leases: list[Lease]


@dataclass(frozen=True, slots=True)
class Decision:
    """What the worker does with one leased trial now: `stop` means drop it, the lease is gone."""

    lease: Lease
    decision: Literal["continue", "stop"]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class DecisionsAnswer:
    """A decision for each lease that was sent, in its order."""

    items: list[Decision]


@dataclass(frozen=True, slots=True)
class Result:
    """The end of a leased trial; `curve` holds the epochs not yet reported.

    `weights` is the base64 of the member's float32 parameter row, or None when it need not be kept; `made_with` names
    the processor and the versions that the bits depend on.
    """

    lease: Lease
    state: Literal["completed", "pruned", "diverged", "failed"]
    metrics: Metrics
    best_epoch: int | None
    epochs: int
    seconds: float
    reason: str
    curve: list[Epoch] = field(default_factory=list)
    weights: str | None = None
    made_with: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FinishRequest:
    """The results of several trials, and the `progress` of others, in one request."""

    worker: str
    items: list[Result]
    progress: list[Progress] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one result: recorded now, recorded before (the same request came twice), or refused."""

    lease: Lease
    outcome: Literal["recorded", "repeated", "stale"]


@dataclass(frozen=True, slots=True)
class FinishAnswer:
    """A receipt for each result, in its order, the new `keep_below` of their sweeps, a decision for each progress."""

    items: list[Receipt]
    keep_below: dict[str, float] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
