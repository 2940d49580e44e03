"""The covariance of two points: Matern 5/2 with a length scale for each parameter.

Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006, chapters 4.2 and 5.1.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.surrogates.inputs import Vectors

Matrix = NDArray[np.float64]

JITTER = 1e-8
"""Added to the variance of an observation, so that covariances can be inverted where points are equal."""


@dataclass(frozen=True)
class Kernel:
    """k(a, b) = signal (1 + u + u^2 / 3) exp(-u), u^2 = 5 sum over columns of ((a - b) / length)^2.

    `lengths` has one entry for each column; `signal` is a variance, and `noise` that of an observation, added to the
    variance of a point with itself where it was observed.
    """

    lengths: NDArray[np.float64]
    signal: float
    noise: float

    @property
    def observation(self) -> float:
        """The variance of an observation."""
        return self.signal + self.noise + JITTER

    def observed(self, covariance: Matrix) -> Matrix:
        """Return the covariance of observations at points whose own it is, without rounding on its diagonal."""
        with_noise = covariance.copy()
        np.fill_diagonal(with_noise, self.observation)
        return with_noise

    def between(self, rows: Vectors, columns: Vectors) -> Matrix:
        """Return the covariances of points in `rows` with points in `columns`."""
        u = np.sqrt(5.0 * squared_distances(rows / self.lengths, columns / self.lengths))
        return self.signal * shape(u, np.exp(-u))


def shape(u: Matrix, decay: Matrix) -> Matrix:
    """Return (1 + u + u^2 / 3) times exp(-u), its `decay`."""
    return (1.0 + u * (1.0 + u / 3.0)) * decay


def squared_distances(rows: Vectors, columns: Vectors) -> Matrix:
    """Return |a|^2 + |b|^2 - 2 ab, not below 0."""
    cross = rows @ columns.T
    cross *= -2.0
    cross += np.square(rows).sum(axis=1)[:, None]
    cross += np.square(columns).sum(axis=1)
    return np.maximum(cross, 0.0, out=cross)
