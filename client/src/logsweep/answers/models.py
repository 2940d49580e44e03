"""Answers on models: what they predict, and what is chosen of them."""

from typing import Any, Literal

from logsweep.answers import Answer, Direction, Metrics
from logsweep.answers.datasets import Note


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
