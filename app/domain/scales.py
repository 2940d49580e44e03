"""Scales: how an axis is spread between its bounds."""

import math
from collections.abc import Callable
from typing import Literal

Scale = Literal["linear", "log", "reverse_log"]

_TOP = 308.2547155599167
"""The largest exponent of ten that a double can hold."""


def unscale(quantile: float, low: float, high: float, scale: Scale) -> float:
    """Return the point at `quantile` of an axis that is uniform in x, log10(x) or log10(1 - x)."""
    return unscaler(low, high, scale)(quantile)


def unscaler(low: float, high: float, scale: Scale) -> Callable[[float], float]:
    """Return the function from a quantile to the point of an axis, for many quantiles of one axis."""
    if scale == "log":
        start, width = _stretch(math.log10(low), math.log10(high))
        return lambda quantile: float(10.0 ** min(start + quantile * width, _TOP))
    if scale == "reverse_log":
        # From 1 - high, so that a quantile near 0 still means a value near low.
        start, width = _stretch(math.log10(1.0 - low), math.log10(1.0 - high))
        return lambda quantile: 1.0 - float(10.0 ** min(start + quantile * width, _TOP))
    start, width = _stretch(low, high)
    return lambda quantile: start + quantile * width


def place(value: float, low: float, high: float, scale: Scale) -> float:
    """Return where `value` lies between the bounds on their scale: 0 at `low`, 1 at `high`."""
    first, last, point = (_scaled(number, scale) for number in (low, high, value))
    return min(max((point - first) / (last - first), 0.0), 1.0) if last != first else 0.0


def _scaled(value: float, scale: Scale) -> float:
    if scale == "log":
        return math.log10(value)
    return math.log10(1.0 - value) if scale == "reverse_log" else value


def _stretch(start: float, end: float) -> tuple[float, float]:
    return start, end - start
