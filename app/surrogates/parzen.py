"""Parzen estimators: densities of values along one axis, told from those that were seen.

Bergstra, Bardenet, Bengio and Kegl, "Algorithms for hyper-parameter optimization", NIPS 2011.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Self, final

import numpy as np
from numpy.typing import NDArray

from app.surrogates.normal import distribution, quantiles

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

_FINEST = 100
"""No normal is narrower than an axis' length by this."""

_BESIDE = 0.3
"""What a sight of a category counts for one beside it, of what it counts for itself, where categories are in a row."""

_LEAST = float(np.finfo(np.float64).tiny)
"""Stands for a share of nothing, of which there is no logarithm."""


class Density(ABC):
    """A density along one axis, from which values are drawn and at which they are looked up."""

    @abstractmethod
    def draw(self, chance: Floats) -> Floats:
        """Return a value for each row of `chance`, two numbers from 0 to below 1 that are uniform and independent."""

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

    def draw(self, chance: Floats) -> Floats:
        """Return a coordinate for each row of `chance`: its first number chooses the part, the other where in it."""
        parts, drawn = (chance[:, 0] * (len(self.means) + 1)).astype(np.int64), chance[:, 1].copy()
        normal = parts < len(self.means)
        of = parts[normal]
        low, high = self._below
        shares = low[of] + drawn[normal] * (high - low)[of]
        drawn[normal] = np.clip(self.means[of] + self.deviations[of] * quantiles(shares), 0.0, 1.0)
        return drawn

    def logarithms(self, values: Floats) -> Floats:
        """Return the logarithm of the density at each coordinate."""
        parts = values[:, None] - self.means  # in place from here: with 500 means a table is megabytes
        parts /= self.deviations
        parts *= parts
        parts *= -0.5
        return np.log((np.exp(parts, out=parts) @ self._heights + 1.0) / (len(self.means) + 1))

    @cached_property
    def _below(self) -> tuple[Floats, Floats]:
        """The shares of the whole normals that lie below 0 and below 1."""
        return distribution(-self.means / self.deviations), distribution((1.0 - self.means) / self.deviations)

    @cached_property
    def _heights(self) -> Floats:
        low, high = self._below
        heights: Floats = 1.0 / (self.deviations * (high - low) * np.sqrt(2.0 * np.pi))
        return heights


@final
@dataclass(frozen=True)
class Shares(Density):
    """What share each category has of what was seen, after its prior share was seen once per category."""

    shares: Floats

    @classmethod
    def of(cls, codes: Codes, prior: Floats) -> Self:
        """Return the shares of the categories, of which `prior` has the shares before any was seen."""
        return cls._after(np.bincount(codes, minlength=len(prior)).astype(np.float64), prior)

    @classmethod
    def in_a_row(cls, codes: Codes, prior: Floats) -> Self:
        """Return the shares of categories in an order: each sight counts in part for those beside it."""
        beside = np.full(len(prior), 2.0)
        beside[0] -= 1.0
        beside[-1] -= 1.0
        own = np.bincount(codes, minlength=len(prior)) / (1.0 + _BESIDE * beside)
        counts = own.copy()
        counts[1:] += _BESIDE * own[:-1]
        counts[:-1] += _BESIDE * own[1:]
        return cls._after(counts, prior)

    @classmethod
    def _after(cls, counts: Floats, prior: Floats) -> Self:
        seen = counts + len(prior) * prior
        return cls(seen / seen.sum())

    def draw(self, chance: Floats) -> Floats:
        """Return a category for each row of `chance`, by its position; the second number is not looked at."""
        places = np.searchsorted(np.cumsum(self.shares), chance[:, 0], side="right")
        return np.minimum(places, len(self.shares) - 1).astype(np.float64)

    def logarithms(self, values: Floats) -> Floats:
        """Return the logarithm of the share of the category at each position."""
        found: Floats = np.log(np.maximum(self.shares[values.astype(np.int64)], _LEAST))
        return found
