"""Scales: how an axis is spread between its bounds."""

import math
from typing import Literal

Scale = Literal["linear", "log", "reverse_log"]

_TOP = 308.2547155599167
"""The largest exponent of ten that a double can hold."""


def unscale(quantile: float, low: float, high: float, scale: Scale) -> float:
    """Return the point at `quantile` of an axis that is uniform in x, log10(x) or log10(1 - x)."""
    if scale == "log":
        return _power(_between(math.log10(low), math.log10(high), quantile))
    if scale == "reverse_log":
        # From 1 - high, so that a quantile near 0 still means a value near low.
        return 1.0 - _power(_between(math.log10(1.0 - low), math.log10(1.0 - high), quantile))
    return _between(low, high, quantile)


def _power(exponent: float) -> float:
    return float(10.0 ** min(exponent, _TOP))


def _between(start: float, end: float, share: float) -> float:
    return start + share * (end - start)
