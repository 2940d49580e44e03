"""Answers on sweeps and on their trials."""

from datetime import datetime
from typing import Any, Literal

from logsweep.answers import Answer, Direction, Metrics

SweepState = Literal["running", "paused", "completed", "cancelled", "failed"]
TrialState = Literal["queued", "running", "paused", "completed", "pruned", "diverged", "failed", "cancelled"]


class BestAnswer(Answer):
    """The best finished trial so far."""

    trial: int
    value: float
    params: dict[str, Any]
    state: TrialState
    note: str | None


class Used(Answer):
    """What a sweep has used of its budget."""

    trials: int
    epochs: int
    seconds: float


class SpaceVersionAnswer(Answer):
    """A space that the sweep had from a time on."""

    version: int
    created_at: datetime
    space: dict[str, Any]
    constraints: list[str]


class SweepAnswer(Answer):
    """A sweep: where it stands, and the request it came from with all defaults filled in."""

    id: str
    name: str
    tags: list[str]
    notes: str
    priority: int
    state: SweepState
    ending: SweepState | None
    reason: str | None
    counts: dict[TrialState, int]
    best: BestAnswer | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    dataset: str | None
    dataset_sha256: str | None
    seed: int
    space: dict[str, Any]
    constraints: list[str]
    space_versions: list[SpaceVersionAnswer]
    fixed: dict[str, Any]
    objective: dict[str, Any]
    sampler: dict[str, Any]
    scheduler: dict[str, Any]
    early_stopping: dict[str, Any] | None
    budget: dict[str, Any]
    used: Used
    waiting_points: int
    replicates: int
    folds: int
    confirm: dict[str, Any] | None
    train_on_dev: bool
    trainer: str
    metrics: dict[str, Direction] | None
    steps: int | None
    pauses: bool
    keep_models: int
    duplicates: Literal["seed", "skip", "reuse"]
    pool: int
    rules: int
    reproducible: bool
    no_workers: str | None
    no_plan: str | None
    history: list[dict[str, Any]]

    @property
    def done(self) -> int:
        """How many trials have ended, in whatever way."""
        return sum(count for state, count in self.counts.items() if state not in {"queued", "running", "paused"})


class AncestorAnswer(Answer):
    """A trial from which another one goes on."""

    trial: int
    to_epoch: int
    params: dict[str, Any]


class TrialAnswer(Answer):
    """A trial; `metrics` are those at the best epoch, whose weights are the model. `value` is what it is ranked by."""

    number: int
    state: TrialState
    source: Literal["sampler", "enqueued", "inherited"]
    space_version: int
    params: dict[str, Any]
    all_params: dict[str, Any]
    metrics: Metrics
    value: float | None
    best_epoch: int | None
    epochs: int
    seconds: float
    reason: str | None
    replicates: int
    lineage: list[AncestorAnswer]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    same_as: int | None


class EpochAnswer(Answer):
    """One point of a curve; the metrics of its task are further fields by their names."""

    epoch: int
    seconds: float
    gradient_norms: list[float | None] | None


class Attempt(Answer):
    """One worker's hold of a run, and how it ended."""

    replicate: int
    number: int
    worker: str
    started_at: datetime
    ended_at: datetime | None
    ending: str | None
    reason: str | None
    epochs: int


class StoredDecision(Answer):
    """What was decided about some trials of a sweep, and why."""

    number: int
    round: int
    kind: str
    trials: list[int]
    reason: str


class Reason(Answer):
    """One reason why a sweep stands where it stands, by its code, as a sentence."""

    code: str
    detail: str


class Hold(Answer):
    """What a worker holds of a sweep."""

    worker: str
    runs: int
    since: datetime
    lease_until: datetime


class OpenRun(Answer):
    """A run that waits for a worker or trains with one."""

    trial: int
    replicate: int
    epochs: int
    asked: int
    worker: str | None
    since: datetime | None


class OpenRuns(Answer):
    """The runs of a sweep that have not ended."""

    queued: int
    training: int
    paused: int
    queued_since: datetime | None
    holds: list[Hold]
    slowest: OpenRun | None
    lost_runs: int
    losses: int


class Why(Answer):
    """Why a sweep has not finished, or why it ended."""

    state: SweepState
    reasons: list[Reason]
    runs: OpenRuns | None
    expected_end: datetime | None


class EnqueuedAnswer(Answer):
    """What became of points picked by hand."""

    trials: list[int]
    waiting: int
    detail: str


class Leader(Answer):
    """A trial on the leader board."""

    rank: int
    trial: int
    state: TrialState
    confirmed: bool
    params: dict[str, Any]
    value: float
    test: float | None
    count: int
    standard_error: float | None
    probability_best: float | None


class Leaderboard(Answer):
    """The best trials of a sweep in their order, and how sure it is."""

    metric: str
    direction: Direction
    meaning: str | None
    test_metric: str
    deviation: float | None
    items: list[Leader]
    note: str | None


class SweepAnalysis(Answer):
    """What is read in the results of a sweep; `next` says in sentences what to do."""

    bias_variance: dict[str, Any] | None
    training: dict[str, Any]
    next: list[str]
    flattery: dict[str, Any] | None


class TrialDiagnosis(Answer):
    """Bias, variance and troubles in training of one trial."""

    bias_variance: dict[str, Any] | None
    training: list[dict[str, Any]]


class SpacePreview(Answer):
    """What the points of a sweep would be like."""

    sampler: str
    seed: int
    points: int
    rejected: float
    parameters: dict[str, dict[str, Any]]
    structures: dict[str, Any] | None
    largest_network: dict[str, Any] | None
