"""Scales: how an axis is spread between its bounds."""

import math
from collections.abc import Sequence
from typing import Literal

Scale = Literal["linear", "log", "reverse_log"]

_TOP = 308.2547155599167
"""The largest exponent of ten that a double can hold."""


def unscale(quantiles: Sequence[float], low: float, high: float, scale: Scale) -> list[float]:
    """Return the point at each quantile of an axis that is uniform in x, log10(x) or log10(1 - x)."""
    if scale == "log":
        return _powers(quantiles, math.log10(low), math.log10(high))
    if scale == "reverse_log":
        # From 1 - low, so that a quantile near 0 still means a value near low.
        return [1.0 - rest for rest in _powers(quantiles, math.log10(1.0 - low), math.log10(1.0 - high))]
    return _stretched(quantiles, low, high)


def _powers(quantiles: Sequence[float], start: float, end: float) -> list[float]:
    return [float(10.0 ** min(exponent, _TOP)) for exponent in _stretched(quantiles, start, end)]


def _stretched(quantiles: Sequence[float], start: float, end: float) -> list[float]:
    width = end - start
    return [start + quantile * width for quantile in quantiles]
