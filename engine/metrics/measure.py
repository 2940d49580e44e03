"""Metrics of answers by name, with NaN where one is undefined."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from engine.arrays import Array
from engine.metrics.answers import Answers
from engine.metrics.base import Metric


def measure(answers: Answers, metrics: Sequence[Metric]) -> Mapping[str, Array]:
    """Return metrics of each member, float64 (R,), by name.

    NaN is what has no value: the answers are not all finite, or the part lacks what the metric compares. The sums stay
    what they are.
    """
    from_sums = {metric.name: metric.of(answers) for metric in metrics if metric.reads == "sums"}
    by_logits = [metric for metric in metrics if metric.reads == "logits"]
    if not by_logits:
        return from_sums
    values = np.array([metric.of(answers) for metric in by_logits])
    values[~(np.isfinite(values) & answers.finite)] = math.nan
    return from_sums | {metric.name: column for metric, column in zip(by_logits, values, strict=True)}
