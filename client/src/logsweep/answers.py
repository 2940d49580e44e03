"""What the server answers, as records. They are called as in the OpenAPI document, which describes each field.

Fields that a newer server adds are there too, as they came.
"""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

SweepState = Literal["running", "paused", "completed", "cancelled", "failed"]
TrialState = Literal["queued", "running", "paused", "completed", "pruned", "diverged", "failed", "cancelled"]
Direction = Literal["minimize", "maximize"]
Metrics = dict[str, float | None]


class Answer(BaseModel):
    """What all answers have in common."""

    model_config = ConfigDict(extra="allow", frozen=True)


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


class KeptModelAnswer(Answer):
    """A trial whose model is kept."""

    trial: int
    bytes: int


class PartAnswers(Answer):
    """What a model answers on a part of its data: confusion, ROC curves and calibration, or residuals."""

    part: str
    rows: int
    classes: dict[str, Any] | None
    numbers: dict[str, Any] | None


class TrialDiagnosis(Answer):
    """Bias, variance and troubles in training of one trial."""

    bias_variance: dict[str, Any] | None
    training: list[dict[str, Any]]


class Note(Answer):
    """Something that was guessed or left out."""

    code: str
    columns: list[str]
    detail: str


class Prediction(Answer):
    """What a model says of one row: the class with the probability of each, or a number alone."""

    prediction: str | float
    probabilities: dict[str, float] | None = None


class PredictedRows(Answer):
    """What a model says of some rows, in their order."""

    items: list[Prediction]
    notes: list[Note]


class Evaluation(Answer):
    """How well a model does on the rows that were sent."""

    rows: int
    metrics: Metrics
    notes: list[Note]


class MemberAnswer(Answer):
    """A trial whose model is in the ensemble."""

    trial: int
    count: int
    weight: float
    value: float | None
    metrics: Metrics


class BestTrialAnswer(Answer):
    """The best trial of the sweep, beside its ensemble."""

    trial: int
    value: float | None
    metrics: Metrics


class EnsembleAnswer(Answer):
    """What was chosen of a sweep's models, beside the best trial alone."""

    sweep: str
    selection: Literal["greedy", "top"]
    pool: int
    rows: int
    members: list[MemberAnswer]
    metrics: Metrics
    metric: str
    meaning: str
    direction: Direction
    best: BestTrialAnswer | None
    note: str | None


class DatasetSummary(Answer):
    """A prepared data set: the rows of each part, what a network gets and gives, and its card."""

    name: str
    sha256: str
    task: Literal["binary", "multiclass", "regression"]
    builtin: bool
    rows: dict[str, int]
    features: int
    outputs: int
    card: dict[str, Any]
    created_at: datetime


class ColumnPreview(Answer):
    """A column as it was read."""

    name: str
    kind: str
    missing: int
    low: float | None
    high: float | None
    different: int | None
    examples: list[str | float]


class DatasetPreview(Answer):
    """What an upload would become."""

    task: Literal["binary", "multiclass", "regression"]
    rows: dict[str, int]
    features: int
    outputs: int
    target: ColumnPreview
    columns: list[ColumnPreview]
    more_columns: int
    notes: list[Note]
    card: dict[str, Any]


class SpacePreview(Answer):
    """What the points of a sweep would be like."""

    sampler: str
    seed: int
    points: int
    rejected: float
    parameters: dict[str, dict[str, Any]]
    structures: dict[str, Any] | None
    largest_network: dict[str, Any] | None


class GradientCheckAnswer(Answer):
    """Whether the gradient of a network is right."""

    ratio: float | None
    verdict: Literal["great", "look", "worry"]
    checks: list[dict[str, Any]]


class HyperparameterAnswer(Answer):
    """A hyperparameter: what it means, what it may be, and what it is where nothing is said."""

    name: str
    role: str
    meaning: str
    rule: str
    json_schema: dict[str, Any]
    kinds: list[Literal["float", "int", "choice"]]
    default: Any
    aliases: list[dict[str, Any]]
    replaces: str | None


class MetricAnswer(Answer):
    """A metric of one part of the data."""

    name: str
    part: str
    meaning: str
    direction: Direction
    tasks: list[str]
    objective_of: list[str]


class HeldTrials(Answer):
    """The trials of one sweep that a worker holds."""

    sweep: str
    trials: list[int]


class WorkerAnswer(Answer):
    """A live worker, and what it trains."""

    name: str
    trainer: str | None
    rules: int | None
    version: str | None
    slots: int | None
    memory_bytes: int | None
    epochs_per_second: float
    since: datetime
    heard_at: datetime
    training: list[HeldTrials]


class HealthAnswer(Answer):
    """Whether the server is well, and what it runs on."""

    status: str
    version: str
    sqlite: str | None = None


class KeyAnswer(Answer):
    """An access key, without its secret."""

    id: str
    name: str
    scopes: list[Literal["read", "submit", "work", "admin"]]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


class NewKeyAnswer(KeyAnswer):
    """A key that was just made, with its token."""

    token: str
