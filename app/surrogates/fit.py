"""The fit: the length scales, signal and noise that are most probable given the observations and a prior (MAP)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.surrogates.factor import whitener
from app.surrogates.inputs import Vectors
from app.surrogates.matern import Kernel, Matrix, shape, squared_distances
from app.surrogates.minimize import minimize

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Prior:
    """Normal priors of the logarithms: of each length, of the signal's variance and of the noise's.

    `noise` is the median of the latter: a hundredth of the variance of normal scores unless more is known.
    """

    noise: float = 0.01
    lengths_spread: float = 1.0
    signal_spread: float = 0.7
    noise_spread: float = 1.5

    def centre(self, lengths: int) -> Numbers:
        """Return the means of the logarithms: of so many `lengths`, the signal and the noise."""
        return np.append(np.zeros(lengths + 1), np.log(self.noise))

    def spreads(self, lengths: int) -> Numbers:
        """Return the standard deviations, in the same order."""
        return np.append(np.full(lengths, self.lengths_spread), [self.signal_spread, self.noise_spread])


@dataclass(frozen=True)
class Loss:
    """Minus the logarithm of posterior density, up to a constant, of the logarithms of the hyperparameters.

    `values` were observed at `points`, whose column f belongs to parameter `owners[f]`; each has one length.
    """

    points: Vectors
    owners: NDArray[np.intp]
    values: Numbers
    prior: Prior

    @property
    def lengths(self) -> int:
        """How many lengths there are."""
        return int(self.owners.max(initial=-1)) + 1

    def kernel(self, logs: Numbers) -> Kernel:
        """Return the kernel whose hyperparameters have these logarithms: the lengths, the signal, the noise."""
        lengths, signal, noise = np.exp(logs[:-2]), np.exp(logs[-2]), np.exp(logs[-1])
        return Kernel(lengths[self.owners], float(signal), float(noise))

    def __call__(self, logs: Numbers) -> tuple[float, Numbers]:
        """Return the loss and its gradient at `logs`. Raises `LinAlgError` where rounding leaves no covariance."""
        kernel = self.kernel(logs)
        scaled = self.points / kernel.lengths
        u = np.sqrt(5.0 * squared_distances(scaled, scaled))
        np.fill_diagonal(u, 0.0)
        decay = np.exp(-u)
        covariance = kernel.signal * shape(u, decay)
        whitening = whitener(kernel.observed(covariance))
        white = whitening @ self.values
        weights = whitening.T @ white
        slope = whitening.T @ whitening - np.outer(weights, weights)  # twice the loss's, with respect to the covariance
        aside = (logs - self.prior.centre(self.lengths)) / self.prior.spreads(self.lengths)
        loss = 0.5 * (white @ white + aside @ aside) - np.log(np.diag(whitening)).sum()
        by_length = self._by_length(scaled, slope * (kernel.signal * 5.0 / 3.0 * (1.0 + u) * decay))
        by_signal, by_noise = 0.5 * np.vdot(slope, covariance), 0.5 * kernel.noise * np.trace(slope)
        return float(loss), np.concatenate([by_length, [by_signal, by_noise]]) + aside / self.prior.spreads(
            self.lengths
        )

    def _by_length(self, scaled: Vectors, pull: Matrix) -> Numbers:
        """Return half the sum of `pull` times squared differences, for each parameter."""
        columns = pull.sum(axis=1) @ np.square(scaled) - (scaled * (pull @ scaled)).sum(axis=0)
        sums: Numbers = np.bincount(self.owners, columns, self.lengths).astype(np.float64)
        return sums


def fit(points: Vectors, owners: NDArray[np.intp], values: Numbers, prior: Prior) -> Kernel:
    """Return the most probable kernel, looked for from the prior's centre: the same whatever was fitted before."""
    loss = Loss(points, owners, values, prior)
    return loss.kernel(minimize(loss, prior.centre(loss.lengths)))
