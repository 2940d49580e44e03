"""Minimisation of a smooth function of a few variables: BFGS with a line search by halving.

Nocedal and Wright, "Numerical Optimization", 2006, chapters 3.1 and 6.1.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Function = Callable[[Numbers], tuple[float, Numbers]]
"""The value and the gradient at a point; it may raise `LinAlgError` where it has none."""

_ITERATIONS = 30
_LONGEST = 2.0
"""No step is longer."""

_ENOUGH = 1e-4
"""The share of the gain that the gradient promises (Armijo), and the gain relative to the value at which it ends."""

_SHORTER = 0.4
_TRIES = 12


def minimize(function: Function, start: Numbers) -> Numbers:
    """Return where the search from `start` ends: the lowest point that it saw."""
    point, (value, slope) = start, function(start)
    inverse = np.eye(len(start))
    for _ in range(_ITERATIONS):
        found = _line(function, point, value, slope, _direction(inverse, slope))
        if found is None:
            break
        there, lower, slope_there = found
        gain = value - lower
        inverse = _updated(inverse, there - point, slope_there - slope)
        point, value, slope = there, lower, slope_there
        if gain < _ENOUGH * (1.0 + abs(value)):
            break
    return point


def _direction(inverse: NDArray[np.float64], slope: Numbers) -> Numbers:
    step: Numbers = -inverse @ slope
    return step * min(1.0, _LONGEST / max(float(np.linalg.norm(step)), 1e-300))


def _line(
    function: Function, point: Numbers, value: float, slope: Numbers, step: Numbers
) -> tuple[Numbers, float, Numbers] | None:
    """Return the first point on the way back from `step` that gains enough, with value and slope; None if none does."""
    promised = float(slope @ step)
    for share in _SHORTER ** np.arange(_TRIES):
        there = point + share * step
        try:
            lower, slope_there = function(there)
        except np.linalg.LinAlgError:
            continue  # too far: a covariance that rounding made singular
        if lower <= value + _ENOUGH * share * promised:
            return there, lower, slope_there
    return None


def _updated(inverse: NDArray[np.float64], step: Numbers, bend: Numbers) -> NDArray[np.float64]:
    """Return the inverse Hessian after the slope changed by `bend` along `step`; as it was where that bends down."""
    curvature = float(step @ bend)
    if curvature <= 1e-12:
        return inverse
    turned = np.eye(len(step)) - np.outer(step, bend) / curvature
    return turned @ inverse @ turned.T + np.outer(step, step) / curvature
