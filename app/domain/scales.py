"""Scales: how an axis is spread between its bounds."""

import math
from collections.abc import Iterable, Sequence
from typing import Literal

Scale = Literal["linear", "log", "reverse_log", "symmetric_log"]

THRESHOLD = 1.0
"""Where a symmetric_log axis turns from linear to logarithmic unless said: at this distance from 0."""

_TEN = math.log(10.0)
_TOP = 308.2547155599167
"""The largest exponent of ten that a double can hold."""


def unscale(
    quantiles: Sequence[float], low: float, high: float, scale: Scale, threshold: float = THRESHOLD
) -> list[float]:
    """Return the point at each quantile of an axis that is uniform on its scale.

    That is uniform in x, log10(x), log10(1 - x), or sign(x) log10(1 + |x| / threshold) for symmetric_log.
    """
    if scale == "symmetric_log":
        start, end = _folded(low, threshold), _folded(high, threshold)
        return [_unfolded(point, threshold) for point in _stretched(quantiles, start, end)]
    if scale == "log":
        return _powers(quantiles, math.log10(low), math.log10(high))
    if scale == "reverse_log":
        # From 1 - low, so that a quantile near 0 still means a value near low.
        return [1.0 - rest for rest in _powers(quantiles, math.log10(1.0 - low), math.log10(1.0 - high))]
    return _stretched(quantiles, low, high)


def place(value: float, low: float, high: float, scale: Scale, threshold: float = THRESHOLD) -> float:
    """Return where `value` lies between the bounds on their scale: 0 at `low`, 1 at `high`."""
    return places([value], low, high, scale, threshold)[0]


def places(values: Iterable[float], low: float, high: float, scale: Scale, threshold: float = THRESHOLD) -> list[float]:
    """Return where each of `values` lies between the bounds on their scale: 0 at `low`, 1 at `high`."""
    first, last = _scaled(low, scale, threshold), _scaled(high, scale, threshold)
    if last == first:
        return [0.0 for _ in values]
    return [min(max((_scaled(one, scale, threshold) - first) / (last - first), 0.0), 1.0) for one in values]


def _scaled(value: float, scale: Scale, threshold: float) -> float:
    if scale == "symmetric_log":
        return _folded(value, threshold)
    if scale == "log":
        return math.log10(value)
    return math.log10(1.0 - value) if scale == "reverse_log" else value


def _folded(value: float, threshold: float) -> float:
    return math.copysign(math.log1p(abs(value) / threshold) / _TEN, value)


def _unfolded(point: float, threshold: float) -> float:
    return math.copysign(math.expm1(min(abs(point), _TOP) * _TEN) * threshold, point)


def _powers(quantiles: Sequence[float], start: float, end: float) -> list[float]:
    return [float(10.0 ** min(exponent, _TOP)) for exponent in _stretched(quantiles, start, end)]


def _stretched(quantiles: Sequence[float], start: float, end: float) -> list[float]:
    width = end - start
    return [start + quantile * width for quantile in quantiles]
