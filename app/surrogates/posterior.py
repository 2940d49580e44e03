"""The posterior: what a Gaussian process expects of any point, given those that were observed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.surrogates.factor import whitener
from app.surrogates.inputs import Vectors
from app.surrogates.matern import Kernel, Matrix

_LEAST = 1e-12
"""No variance is smaller: rounding would make some negative."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Posterior:
    """A Gaussian process of mean zero after observations at `points` (n, F).

    `whitening` is the inverse of the Cholesky factor of their covariance, `weights` its product with the values twice
    over: what each observation adds to a mean.
    """

    kernel: Kernel
    points: Vectors
    whitening: Matrix
    weights: Numbers

    @classmethod
    def of(cls, kernel: Kernel, points: Vectors, values: Numbers) -> "Posterior":
        """Return the posterior after `values` were observed at `points`."""
        whitening = whitener(kernel.observed(kernel.between(points, points)))
        return cls(kernel, points, whitening, whitening.T @ (whitening @ values))

    def means(self, points: Vectors) -> Numbers:
        """Return the means at `points`."""
        return self.kernel.between(points, self.points) @ self.weights

    def moments(self, points: Vectors) -> tuple[Numbers, Numbers]:
        """Return the means, and the variances of the process itself, without the noise of an observation."""
        cross = self.kernel.between(points, self.points)
        return cross @ self.weights, _variances(self.kernel, self.whitening @ cross.T)

    def believing(self, point: Vectors) -> "Posterior":
        """Return the posterior once `point` (1, F) was observed to have its mean: no mean changes, variances shrink."""
        shared, deviation = self.shared(point)
        row = np.append(-shared @ self.whitening, 1.0) / deviation
        whitening = np.vstack([np.pad(self.whitening, ((0, 0), (0, 1))), row])
        return Posterior(self.kernel, np.vstack([self.points, point]), whitening, np.append(self.weights, 0.0))

    def shared(self, point: Vectors) -> tuple[Numbers, float]:
        """Return the whitened covariances of `point` (1, F), and the deviation of an observation there."""
        shared = self.whitening @ self.kernel.between(self.points, point)[:, 0]
        left = self.kernel.observation - np.square(shared).sum()
        return shared, float(np.sqrt(max(left, _LEAST)))


class Believer:
    """The moments of a set of candidates while points are believed, one after the other (kriging believer).

    Ginsbourger, Le Riche and Carraro, "Kriging is well-suited to parallelize optimization", 2010.
    """

    def __init__(self, posterior: Posterior, candidates: Vectors) -> None:
        self.posterior = posterior
        self._candidates = candidates
        cross = posterior.kernel.between(candidates, posterior.points)
        self.means: Numbers = cross @ posterior.weights
        self._whitened = posterior.whitening @ cross.T
        self.variances = _variances(posterior.kernel, self._whitened)

    def believe(self, point: Vectors) -> None:
        """Take `point` (1, F) as observed with its mean: an extension of rank one."""
        shared, deviation = self.posterior.shared(point)
        covered = self.posterior.kernel.between(point, self._candidates)[0]
        row = (covered - shared @ self._whitened) / deviation
        self._whitened = np.vstack([self._whitened, row])
        self.variances = np.maximum(self.variances - np.square(row), _LEAST)
        self.posterior = self.posterior.believing(point)


def _variances(kernel: Kernel, whitened: Matrix) -> Numbers:
    variances: Numbers = np.maximum(kernel.signal - np.square(whitened).sum(axis=0), _LEAST)
    return variances
