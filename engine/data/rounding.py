"""When numbers are one number, rounded; and when float32 would make one of numbers that are not."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

ROUNDING = 8
"""Numbers whose range is at most so many units in the last place are one number, rounded."""

MERGED = ROUNDING * 2.0**-23
"""Values differ if they lie further apart than this share of the deviation.

Normalised, they are then more than eight units in the last place of a float32 at 1 apart.
"""


def varies(low: Any, high: Any, dtype: DTypeLike) -> NDArray[np.bool_]:
    """Return where numbers of this type, from `low` to `high` (any shape, float64), are more than one, rounded."""
    kind = np.dtype(dtype)
    if kind.kind != "f":  # whole numbers and truth values are not rounded
        return np.asarray(high > low)
    unit = np.spacing(np.maximum(np.abs(low), np.abs(high)).astype(kind)).astype(np.float64)
    return np.asarray(high - low > ROUNDING * unit)


def float32_merges(train: NDArray[np.float64], every: NDArray[np.float64]) -> bool:
    """Tell whether float32 would merge values of an input that differ: of `every` (m,), by the deviation of `train`.

    It would too if it brought all of `train` within its rounding. Where that does not even vary in float64, nothing
    differs.
    """
    low, high = train.min(initial=np.inf), train.max(initial=-np.inf)
    if not (low <= high and varies(low, high, np.float64)):
        return False
    least, most = np.array([low, high]).astype(np.float32).astype(np.float64)
    if not varies(least, most, np.float32):
        return True
    # Values that become one lie within a unit in the last place of the largest of them.
    unit, spread = float(np.spacing(np.abs(every).max().astype(np.float32))), float(high - low)
    if unit <= MERGED * spread / np.sqrt(2 * len(train)):  # no deviation is less than this share of the range
        return False
    limit = MERGED * spread * float(((train - low) / spread).std())
    return unit > limit and _widest_merge(every) > limit


def _widest_merge(values: NDArray[np.float64]) -> float:
    """Return how far apart two values are at most that become one in float32."""
    ordered = np.sort(values)
    ends = np.flatnonzero(np.append(np.diff(ordered.astype(np.float32)), 1.0))
    starts = np.append(0, ends[:-1] + 1)
    return float((ordered[ends] - ordered[starts]).max())
