"""The exponentially weighted average v = beta*v + (1 - beta)*theta, and its correction by 1/(1 - beta^t).

It is kept as the plain sum s = beta*s + theta, which starts at zero, so that v = (1 - beta)*s: an update is two passes
over the array instead of three, and the factors fold into one number for each member and step.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array

Factors = NDArray[np.float64]


def accumulate(total: Array, value: Array, beta: Array | float) -> None:
    """total = beta*total + value, in place: the plain sum s of the average; `beta` broadcasts."""
    np.multiply(total, beta, out=total)
    np.add(total, value, out=total)


def weight(beta: Factors) -> Factors:
    """Return the factor that makes the sum an average: 1 - beta."""
    return 1.0 - beta


def corrected_weight(beta: Factors, updates: NDArray[Any]) -> Factors:
    """Return the factor that makes the sum an average without the bias of its start from zero.

    (1 - beta)/(1 - beta^t) after t = `updates` values, t >= 1.
    """
    # Not beta**updates: that squares by multiplying where it sees one number, and by `pow` where it sees several.
    corrected: Factors = (1.0 - beta) / (1.0 - np.float_power(beta, updates))
    return corrected


def smooth(curve: Sequence[float], beta: float) -> list[float]:
    """Return the corrected average after each value of a curve; `beta` 0 gives the curve itself."""
    total, sums = np.zeros(1), np.empty(len(curve))
    for place, value in enumerate(np.asarray(curve, np.float64)[:, np.newaxis]):
        accumulate(total, value, beta)
        sums[place] = total[0]
    smoothed: list[float] = (sums * corrected_weight(np.array(beta), np.arange(1, len(sums) + 1))).tolist()
    return smoothed
