"""Predictions: what a trained model says of a row."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prediction:
    """The class of a row with the probability of each class, or a number (and no probabilities)."""

    prediction: str | float
    probabilities: Mapping[str, float] | None
