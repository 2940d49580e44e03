"""Predictions: what a trained model says of rows, and how well it does where the answers are known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.domain.datasets import Note


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model says of one row: the class with the probability of each, or a number alone."""

    prediction: str | float
    probabilities: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True)
class PredictedRows:
    """What a model says of the rows of a request, in their order; `notes` tell what was passed over in them."""

    items: Sequence[Prediction]
    notes: Sequence[Note]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How well a model does on the `rows` that were sent: metrics by name, null where one has no value.

    A loss is in the units in which the network was trained, all else in those of the target.
    """

    rows: int
    metrics: Mapping[str, float | None]
    notes: Sequence[Note]
