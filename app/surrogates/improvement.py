"""Expected improvement: what a point is worth trying for, as a logarithm, since most are worth next to nothing.

With h(z) = phi(z) + z Phi(z) the expected improvement upon the lowest value is deviation * h((lowest - mean) /
deviation). Ament et al., "Unexpected improvements to expected improvement for Bayesian optimization", NeurIPS 2023.
"""

import math

import numpy as np
from numpy.typing import NDArray

from app.surrogates.normal import distribution

Numbers = NDArray[np.float64]

_FAR = -20.0
"""Below it the difference in h is taken from its asymptotic series, which is exact to 1e-9 there."""


def log_improvement(means: Numbers, variances: Numbers, lowest: float) -> Numbers:
    """Return the logarithm of the expected improvement upon `lowest` where values are so distributed."""
    deviations = np.sqrt(variances)
    return np.log(deviations) + log_h((lowest - means) / deviations)


def log_h(z: Numbers) -> Numbers:
    """Return log(phi(z) + z Phi(z))."""
    density = -0.5 * np.square(z) - 0.5 * math.log(2.0 * math.pi)
    result = np.empty_like(z)
    near = z >= _FAR
    result[near] = np.log(np.exp(density[near]) + z[near] * distribution(z[near]))
    result[~near] = density[~near] + _tail(z[~near])
    return result


def _tail(z: Numbers) -> Numbers:
    """Return log(h(z) / phi(z)) = log(z^-2 - 3 z^-4 + 15 z^-6 - 105 z^-8 + 945 z^-10 - ...)."""
    square = 1.0 / np.square(z)
    series = square * (-3.0 + square * (15.0 + square * (-105.0 + square * 945.0)))
    return np.log(square) + np.log1p(series)
