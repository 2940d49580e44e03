"""The exponentially weighted average v = beta*v + (1 - beta)*theta, and its correction by 1/(1 - beta^t).

It is kept as the plain sum s = beta*s + theta, so that v = (1 - beta)*s: an update is two passes over the array
instead of three, and the factors fold into one number for each member and step.
"""

from collections.abc import Sequence
from itertools import accumulate as accumulate_sums
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array

Factors = NDArray[np.float64]


def accumulate(total: Array, beta: Array, value: Array) -> None:
    """Let the sum `total` take in `value`, in place; `beta` broadcasts, one for each member."""
    np.multiply(total, beta, out=total)
    np.add(total, value, out=total)


def weight(beta: Factors) -> Factors:
    """Return the factor that makes the sum an average: 1 - beta."""
    return 1.0 - beta


def corrected_weight(beta: Factors, updates: NDArray[Any]) -> Factors:
    """Return the factor that makes the sum an average without the bias of its start from zero.

    (1 - beta)/(1 - beta^t) after t = `updates` values, t >= 1.
    """
    corrected: Factors = (1.0 - beta) / (1.0 - beta**updates)
    return corrected


def smooth(curve: Sequence[float], beta: float) -> list[float]:
    """Return the corrected average after each value of a curve; `beta` 0 gives the curve itself."""
    sums = np.array(list(accumulate_sums(curve, lambda total, value: beta * total + value)))
    smoothed = sums * corrected_weight(np.array(beta), np.arange(1, len(sums) + 1))
    return [float(value) for value in smoothed]
