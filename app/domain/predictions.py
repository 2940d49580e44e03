"""Predictions: what a trained model says of rows, and how well it does where the answers are known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prediction:
    """The class of a row with the probability of each class, or a number (and no probabilities)."""

    prediction: str | float
    probabilities: Mapping[str, float] | None


@dataclass(frozen=True, slots=True)
class PredictedRows:
    """A prediction for each row; `notes` are plain JSON on what was passed over in reading the rows."""

    items: Sequence[Prediction]
    notes: Sequence[Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How well a model does on so many rows: metrics by name, None where one has no value; `notes` as above."""

    rows: int
    metrics: Mapping[str, float | None]
    notes: Sequence[Mapping[str, object]]
