"""The wire form of what routes answer."""

from dataclasses import asdict
from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from app.domain.datasets import DatasetSummary, Task
from app.domain.plan import StoredDecision
from app.domain.predictions import PredictedRows
from app.domain.runs import Attempt, Ending
from app.domain.states import SweepState, TrialState
from app.domain.sweeps import Sweep
from app.domain.trials import CompleteTrial
from app.domain.work import Epoch

T = TypeVar("T")


class PageAnswer(BaseModel, Generic[T]):
    """Some items of a list; `next` is the cursor of the next page, or null on the last one."""

    items: list[T]
    next: str | None


class DatasetAnswer(BaseModel):
    """A data set: rows of each part, inputs and outputs of a network, and a card of its columns."""

    name: str
    sha256: str
    task: Task
    builtin: bool
    rows: dict[str, int]
    features: int
    outputs: int
    card: dict[str, Any]
    created_at: datetime

    @classmethod
    def of(cls, dataset: DatasetSummary) -> "DatasetAnswer":
        """Return the wire form of a data set."""
        return cls.model_validate(dataset, from_attributes=True)


class ColumnAnswer(BaseModel):
    """A column as it was read: its range if it holds numbers, and some of its values.

    `missing` counts the rows without a value; `different` the words that training would know, null for numbers.
    """

    name: str
    kind: str
    missing: int
    low: float | None
    high: float | None
    different: int | None
    examples: list[str | float]


class NoteAnswer(BaseModel):
    """Something that was guessed or left out; `code` is a fixed word, `detail` a sentence."""

    code: str
    columns: list[str]
    detail: str


class PreviewAnswer(BaseModel):
    """What an upload would become: the rows of each part, the inputs and outputs of a network, target and columns.

    `more_columns` counts those that are not shown. The card has all the rest that the data set's would have.
    """

    task: Task
    rows: dict[str, int]
    features: int
    outputs: int
    target: ColumnAnswer
    columns: list[ColumnAnswer]
    more_columns: int
    notes: list[NoteAnswer]
    card: dict[str, Any]


class BestAnswer(BaseModel):
    """The best finished trial so far."""

    trial: int
    value: float
    params: dict[str, Any]


class UsedAnswer(BaseModel):
    """What a sweep has used of its budget: trials drawn, epochs charged, seconds in which work could be done.

    A trial is charged all its epochs; what it left is given back under a budget of epochs alone. Seconds are counted
    under a budget of seconds alone.
    """

    trials: int
    epochs: int
    seconds: float


class SweepAnswer(BaseModel):
    """A sweep: where it stands, and the request it came from with all defaults filled in.

    The budget is the one in force. While the end waits for trials in training, `ending` is the state to come.
    `rules` is the version of the rules that shape its results: a sweep ends under those that it began with.
    """

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
    dataset: str
    dataset_sha256: str
    seed: int
    space: dict[str, Any]
    fixed: dict[str, Any]
    objective: dict[str, Any]
    sampler: dict[str, Any]
    scheduler: dict[str, Any]
    early_stopping: dict[str, Any] | None
    budget: dict[str, Any]
    used: UsedAnswer
    replicates: int
    trainer: str
    keep_models: int
    rules: int

    @classmethod
    def of(cls, sweep: Sweep) -> "SweepAnswer":
        """Return the wire form of a sweep."""
        spec, stopping, best = sweep.spec, sweep.spec.early_stopping, sweep.best
        return cls(
            id=sweep.id,
            name=sweep.labels.name,
            tags=list(sweep.labels.tags),
            notes=sweep.labels.notes,
            state=sweep.state,
            ending=sweep.ending,
            reason=sweep.reason,
            counts=dict(sweep.counts),
            best=BestAnswer(trial=best.trial, value=best.value, params=dict(best.params)) if best else None,
            created_at=sweep.created_at,
            started_at=sweep.started_at,
            finished_at=sweep.finished_at,
            dataset=spec.dataset,
            dataset_sha256=sweep.dataset_sha256,
            seed=spec.seed,
            space=_object(sweep.posted["space"]),
            fixed=_object(sweep.posted.get("fixed")),
            objective=asdict(spec.objective),
            sampler=dict(spec.sampler),
            scheduler=dict(spec.scheduler),
            early_stopping={"patience": stopping.patience, "min_delta": stopping.min_delta} if stopping else None,
            budget=asdict(spec.budget),
            used=UsedAnswer.model_validate(sweep.used, from_attributes=True),
            replicates=spec.replicates,
            trainer=spec.trainer,
            keep_models=spec.keep_models,
            rules=spec.rules,
        )


class TrialAnswer(BaseModel):
    """A trial; `metrics` are those at the best epoch, whose weights are the model. `value` is what it is ranked by.

    `params` are the hyperparameters that were searched, `all_params` those that were fixed or left to their defaults
    as well. One that the conditions of the space left out is in `all_params` alone, at its default. With several
    replicates, value and metrics are the means over them.
    """

    number: int
    state: TrialState
    params: dict[str, Any]
    all_params: dict[str, Any]
    metrics: dict[str, float | None]
    value: float | None
    best_epoch: int | None
    epochs: int
    seconds: float
    reason: str | None
    replicates: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, found: CompleteTrial) -> "TrialAnswer":
        """Return the wire form of a trial."""
        stored = {name: getattr(found.trial, name) for name in cls.model_fields if name != "all_params"}
        return cls(all_params=dict(found.all_params), **stored)


class EpochAnswer(BaseModel):
    """One point of a curve, with its metrics by name; `train_loss` is the mean over the epoch's batches as trained.

    `gradient_norms` has a number for each dense layer, input side first; null where it was not finite or not measured.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, float | None]

    epoch: int
    seconds: float
    gradient_norms: list[float | None] | None

    @classmethod
    def of(cls, epoch: Epoch) -> "EpochAnswer":
        """Return the wire form of an epoch."""
        point: dict[str, Any] = {
            "epoch": epoch.epoch,
            "seconds": epoch.seconds,
            "gradient_norms": epoch.gradient_norms,
        }
        return cls.model_validate({**epoch.metrics, **point})


class AttemptAnswer(BaseModel):
    """One worker's hold of a run: how it ended (null while it lasts), and how far the run had come.

    `number` is that of its lease; `lost` is a worker that fell silent, `refused` one that could not train the run.
    """

    replicate: int
    number: int
    worker: str
    started_at: datetime
    ended_at: datetime | None
    ending: Ending | None
    reason: str | None
    epochs: int

    @classmethod
    def of(cls, attempt: Attempt) -> "AttemptAnswer":
        """Return the wire form of an attempt."""
        return cls.model_validate(attempt, from_attributes=True)


class DecisionAnswer(BaseModel):
    """What was decided about some trials of a sweep, and why; `round` 0 is none.

    `kind` is draw, train, prune or end, and patch where someone changed the budget.
    """

    number: int
    round: int
    kind: str
    trials: list[int]
    reason: str

    @classmethod
    def of(cls, decision: StoredDecision) -> "DecisionAnswer":
        """Return the wire form of a decision."""
        return cls.model_validate(decision, from_attributes=True)


class HashesAnswer(BaseModel):
    """The SHA-256 of each part of a body, in their order."""

    items: list[str]


class KeptAnswer(BaseModel):
    """Whether bytes that were sent are kept; a cache may refuse some, which is no fault."""

    kept: bool


class PredictionAnswer(BaseModel):
    """What a model says of one row: the class with the probability of each, or a number alone."""

    prediction: str | float
    probabilities: dict[str, float] | None = None


class PredictionsAnswer(BaseModel):
    """What a model says of the rows of a request, in their order; `notes` tell what was passed over in them."""

    items: list[PredictionAnswer]
    notes: list[NoteAnswer]

    @classmethod
    def of(cls, predicted: PredictedRows) -> "PredictionsAnswer":
        """Return the wire form of predictions."""
        return cls.model_validate(predicted, from_attributes=True)


class EvaluationAnswer(BaseModel):
    """How well a model does on the `rows` that were sent.

    `metrics` are loss, error and accuracy for classes; loss, rmse, mae and r2 for numbers, the loss in standardised
    units; null where one has no value.
    """

    rows: int
    metrics: dict[str, float | None]
    notes: list[NoteAnswer]


class HealthAnswer(BaseModel):
    """Whether the service is well, and what it runs on."""

    status: str
    version: str
    sqlite: str | None = None


def _object(value: object) -> dict[str, Any]:
    return dict(value) if isinstance(value, dict) else {}
