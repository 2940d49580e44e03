"""The normal distribution and its quantiles, of arrays, without SciPy: it would be a second BLAS in the process."""

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

_NORMAL = NormalDist()
_LOWEST, _HIGHEST = float(np.finfo(np.float64).tiny), 1.0 - float(np.finfo(np.float64).epsneg)


def distribution(z: Numbers) -> Numbers:
    """Return Phi(z), whose relative error is small in the lower tail too."""
    return 0.5 * np.array([math.erfc(x) for x in (z * -math.sqrt(0.5)).tolist()])


def quantiles(shares: Numbers) -> Numbers:
    """Return the z below which these shares lie, from 0 to 1; those of the ends are finite, though far out."""
    inside = np.clip(shares, _LOWEST, _HIGHEST)
    return np.array([_NORMAL.inv_cdf(share) for share in inside.tolist()])
