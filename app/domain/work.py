"""What passes between server and workers: leased runs, epochs, results and the server's answers.

The records are the JSON of the work routes as well: both edges read and write them with pydantic.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

from app.domain.objectives import Direction

Metrics = dict[str, float | None]
"""Metrics by name; one that is undefined or not finite is None."""

Diverged = Literal["exclude", "best_epoch"]

OWN_TRAINER = "logsweep"
"""The trainer of sweeps that name none: our own workers."""

LOCAL_PREFIX = "local-"
"""How the names of a server's own workers begin: they cannot outlive it, so their leases end with it."""

MOST_ITEMS = 4096
"""The most items that a request of a worker may have."""

MOST_REQUEST_BYTES = 4 << 20
"""The most bytes that a request of a worker may have; models and checkpoints travel apart."""


MOST_TOGETHER = 64
"""The most models that a request of a worker may have; larger ones than `MOST_SMALL_BYTES` travel alone."""

MOST_SMALL_BYTES = MOST_REQUEST_BYTES // MOST_TOGETHER


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to train a run; a stale `fence` makes a late writer harmless. Fences of a run only rise."""

    run: int
    fence: int


@dataclass(frozen=True, slots=True)
class EarlyStopping:
    """Stop when the objective has not improved by more than `min_delta` for `patience` epochs."""

    patience: int
    min_delta: float = 0.0


@dataclass(frozen=True, slots=True)
class CheckpointRef:
    """A checkpoint at the end of `epoch`, by the hash of its bytes. It is a cache: it may be gone at any time."""

    epoch: int
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class ModelRef:
    """The weights of the best epoch as an artifact: a row of little-endian float32, by the hash of its bytes.

    `made_with` names the processor and the versions that the bits depend on.
    """

    sha256: str
    size: int
    made_with: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Piece:
    """What an ancestor trained of a run: up to the end of `to_epoch`, with all its hyperparameters, as this `trial`.

    It was trained without early stopping, from the seed that the ancestor's replicate of the same number has.
    """

    trial: int
    params: dict[str, Any]  # as those of a run
    to_epoch: int


@dataclass(frozen=True, slots=True)
class LeasedRun:
    """A run to train up to the end of `to_epoch`: one network, (sweep, trial, replicate).

    `params` holds every hyperparameter, `epochs` among them, which may lie beyond `to_epoch`: the run then pauses.
    A worker goes on from the member that it has parked, else from the `checkpoint` (of an epoch that is stored),
    else from the start. `cohort` is the key of runs that can share a stack, `rules` the version of the rules that the
    sweep began with. The `direction` tells which values of `metric` are better. With `diverged` "exclude", nobody needs
    the weights of a run that diverges. A run of a foreign trainer has no data set, the parameters of its sweep alone,
    and steps for epochs.
    With `train_on_dev` it trains on train and dev together, and has no metrics on dev. With several `folds` it trains
    on all but number `replicate % folds` of them, which is its dev part; the runs of all folds of a replicate have one
    seed.

    The `lineage` has the pieces that its ancestors trained, the first one first; its own piece begins where the last
    of them ends, and only its own epochs are reported. Without a checkpoint all of it is trained, to the same
    bits. A checkpoint may be of an ancestor's piece: that of its very end too is what the ancestor had become.
    """

    lease: Lease
    sweep: str
    trial: int
    replicate: int
    dataset: str | None
    dataset_sha256: str | None
    seed: int
    params: dict[str, Any]  # of Value, an alias that names itself, which pydantic cannot follow
    metric: str
    direction: Direction
    early_stopping: EarlyStopping | None
    to_epoch: int
    cohort: str
    rules: int
    diverged: Diverged = "exclude"
    checkpoint: CheckpointRef | None = None
    lineage: list[Piece] = field(default_factory=list)
    folds: int = 1
    train_on_dev: bool = False


@dataclass(frozen=True, slots=True)
class Epoch:
    """One point of a curve.

    `gradient_norms` has a number for each dense layer, input side first, or is None where nobody measured them.
    """

    epoch: int
    metrics: Metrics
    seconds: float
    gradient_norms: list[float | None] | None = None


PAUSED_MODELS = 2
"""How many times as many models of paused runs are kept as of ended ones: some in front may diverge as they go on."""


@dataclass(frozen=True, slots=True, order=True)
class Rank:
    """Where a model stands among others: lower costs first, of equal ones the lower trial number."""

    cost: float
    trial: int


@dataclass(frozen=True, slots=True)
class Keep:
    """Whose weights a worker need hand in: those of the best `models` of a sweep.

    No weights that rank behind `last` are kept of runs that end, nor behind `last_paused` of runs that pause; None is
    no bound yet. With `replicates` a run's own value tells nothing: all weights of replicate 0 are wanted.
    """

    models: int
    last: Rank | None = None
    last_paused: Rank | None = None
    replicates: int = 1


@dataclass(frozen=True, slots=True)
class About:
    """What a worker says of itself: all its slots, the version that it runs, and the bytes of memory that it takes."""

    slots: int
    version: str
    memory_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """A worker asks for up to `slots` runs, best of `cohorts` it already trains, and waits for them.

    `trainer` names what it can train, `rules` the newest version of the rules that it knows.
    """

    worker: str
    trainer: str
    rules: int
    slots: int
    cohorts: list[str] = field(default_factory=list)
    wait: float = 0.0
    about: About | None = None


@dataclass(frozen=True, slots=True)
class ClaimAnswer:
    """The runs leased, for `lease_seconds` unless a heartbeat comes, and what to keep of each sweep's."""

    runs: list[LeasedRun]
    lease_seconds: float
    keep: dict[str, Keep] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Progress:
    """The epochs of one leased run since its last report, and a checkpoint that was handed in meanwhile."""

    lease: Lease
    epochs: list[Epoch]
    checkpoint: CheckpointRef | None = None


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """The progress of what a worker trains."""

    worker: str
    items: list[Progress]


@dataclass(frozen=True, slots=True)
class HeartbeatRequest:
    """The leases that a worker still wants to keep."""

    worker: str
    leases: list[Lease]
    about: About | None = None


@dataclass(frozen=True, slots=True)
class GivenBack:
    """A lease that a worker gives back: `released` as it stops, or `refused` as it cannot train the run."""

    lease: Lease
    ending: Literal["released", "refused"] = "released"
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ReleaseRequest:
    """The leases that a worker gives back."""

    worker: str
    items: list[GivenBack]


@dataclass(frozen=True, slots=True)
class Decision:
    """What the worker does with one leased run, at its epoch's end.

    `pause`: park it and hand in what it has; `complete`: end it with its best epoch; `stop`: drop it, it is lost.
    """

    lease: Lease
    decision: Literal["continue", "pause", "complete", "stop"]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class DecisionsAnswer:
    """A decision for each lease that was sent, in its order."""

    items: list[Decision]


@dataclass(frozen=True, slots=True)
class Result:
    """The end or the pause of a leased run; `curve` holds the epochs not yet reported.

    `metrics` are those of the best epoch, whose weights the `model` has, if they may be among those kept.
    """

    lease: Lease
    state: Literal["completed", "diverged", "failed", "paused"]
    metrics: Metrics
    best_epoch: int | None
    epochs: int
    seconds: float
    reason: str
    curve: list[Epoch] = field(default_factory=list)
    model: ModelRef | None = None


@dataclass(frozen=True, slots=True)
class FinishRequest:
    """The results of several runs, and the `progress` of others, in one request."""

    worker: str
    items: list[Result]
    progress: list[Progress] = field(default_factory=list)


Outcome = Literal["recorded", "repeated", "stale", "refused"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one result.

    `recorded` now, `repeated`: it was recorded before, `stale`: the lease is not this worker's any more, `refused`: the
    `reason` says what must be mended before it is sent again (mostly, that its model is not here).
    """

    lease: Lease
    outcome: Outcome
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class FinishAnswer:
    """A receipt for each result, in its order, what to keep of their sweeps, a decision for each progress."""

    items: list[Receipt]
    keep: dict[str, Keep] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
