"""Parzen estimators: densities of values along one axis, told from those that were seen.

Bergstra, Bardenet, Bengio and Kegl, "Algorithms for hyper-parameter optimization", NIPS 2011.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Self, final

import numpy as np
from numpy.typing import NDArray

from app.surrogates.normal import distribution, quantiles

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

_FINEST = 100
"""No normal is narrower than an axis' length by this."""

_LEAST = float(np.finfo(np.float64).tiny)
"""Stands for a share of nothing, of which there is no logarithm."""


class Density(ABC):
    """A density along one axis, from which values are drawn and at which they are looked up."""

    @abstractmethod
    def draw(self, chance: np.random.Generator, count: int) -> Floats:
        """Return so many values."""

    @abstractmethod
    def logarithms(self, values: Floats) -> Floats:
        """Return the logarithm of the density at each value."""


@final
@dataclass(frozen=True)
class Normals(Density):
    """Equal parts of a normal about each of `means`, cut off at 0 and 1, and of the uniform density."""

    means: Floats
    deviations: Floats

    @classmethod
    def of(cls, coordinates: Floats) -> Self:
        """Return the density of what was seen at these coordinates, from 0 to 1: wide where there was little."""
        means = np.sort(coordinates)
        gaps = np.diff(means, prepend=0.0, append=1.0)
        return cls(means, np.clip(np.maximum(gaps[:-1], gaps[1:]), 1.0 / min(_FINEST, len(means) + 1), 1.0))

    def draw(self, chance: np.random.Generator, count: int) -> Floats:
        """Return so many coordinates."""
        parts, shares = chance.integers(len(self.means) + 1, size=count), chance.random(count)
        means, deviations = np.append(self.means, 0.0)[parts], np.append(self.deviations, 1.0)[parts]
        low, high = _inside(means, deviations)
        normal = np.clip(means + deviations * quantiles(low + shares * (high - low)), 0.0, 1.0)
        return np.where(parts == len(self.means), shares, normal)

    def logarithms(self, values: Floats) -> Floats:
        """Return the logarithm of the density at each coordinate."""
        low, high = _inside(self.means, self.deviations)
        heights = 1.0 / (self.deviations * (high - low) * np.sqrt(2.0 * np.pi))
        squares = ((values[:, None] - self.means) / self.deviations) ** 2
        sums: Floats = (heights * np.exp(-0.5 * squares)).sum(axis=1) + 1.0
        return np.log(sums / (len(self.means) + 1))


@final
@dataclass(frozen=True)
class Shares(Density):
    """What share each category has of what was seen, after its prior share was seen once per category."""

    shares: Floats

    @classmethod
    def of(cls, codes: Codes, prior: Floats) -> Self:
        """Return the shares of the categories, of which `prior` has the shares before any was seen."""
        seen = np.bincount(codes, minlength=len(prior)) + len(prior) * prior
        return cls(seen / seen.sum())

    def draw(self, chance: np.random.Generator, count: int) -> Floats:
        """Return so many categories, by their positions."""
        places = np.searchsorted(np.cumsum(self.shares), chance.random(count), side="right")
        return np.minimum(places, len(self.shares) - 1).astype(np.float64)

    def logarithms(self, values: Floats) -> Floats:
        """Return the logarithm of the share of the category at each position."""
        found: Floats = np.log(np.maximum(self.shares[values.astype(np.int64)], _LEAST))
        return found


def _inside(means: Floats, deviations: Floats) -> tuple[Floats, Floats]:
    """Return the shares of normals that lie below 0 and below 1."""
    return distribution(-means / deviations), distribution((1.0 - means) / deviations)
