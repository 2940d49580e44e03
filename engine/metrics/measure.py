"""Metrics of answers by name, with NaN where one is undefined."""

import math
from collections.abc import Iterable, Mapping

import numpy as np

from engine.arrays import Array
from engine.metrics.answers import Answers
from engine.metrics.base import Metric


def measure(answers: Answers, metrics: Iterable[Metric]) -> Mapping[str, Array]:
    """Return metrics of each member, float64 (R,), by name.

    NaN is what has no value: the answers are not all finite, or the part lacks what the metric compares. The sums stay
    what they are.
    """
    return {
        metric.name: metric.of(answers) if metric.reads == "sums" else _defined(metric.of(answers), answers)
        for metric in metrics
    }


def _defined(values: Array, answers: Answers) -> Array:
    return np.where(answers.finite & np.isfinite(values), values, math.nan)
