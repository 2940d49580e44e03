"""Inputs: the coordinates and categories of points as vectors whose distances are those that a kernel sees."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float64]
"""Points as rows."""

_APART = 0.5**0.5
"""How far a category lies from the origin on an axis of its own: two of them are 1 apart."""

_ASIDE = 0.75**0.5
"""How far an inactive number lies from the middle of its axis, at right angles: 0.87 to 1 from the active ones."""


@dataclass(frozen=True)
class Embedding:
    """Where points lie that have so many `numbers`, and a category of each of `sizes`.

    A number is one column; where it is inactive it lies in the middle, and a second column sets it apart. A category is
    one column for each of its codes and one for none, so that different ones are at distance 1. All distances are those
    of a Euclidean space: every kernel of them is positive definite.
    """

    numbers: int
    sizes: Sequence[int]

    @cached_property
    def owners(self) -> NDArray[np.intp]:
        """The parameter that each column belongs to: the numbers first, then the categories."""
        ranges = [2] * self.numbers + [size + 1 for size in self.sizes]
        return np.repeat(np.arange(len(ranges)), ranges)

    def vectors(self, numbers: NDArray[np.float64], categories: NDArray[np.int_]) -> Vectors:
        """Return the vectors of points: coordinates (n, numbers), NaN inactive, codes (n, sizes), -1 inactive."""
        inactive = np.isnan(numbers)
        lines = np.stack([np.where(inactive, 0.5, numbers), np.where(inactive, _ASIDE, 0.0)], axis=2)
        codes = [
            np.where(column[:, None] == np.arange(-1, size), _APART, 0.0)
            for column, size in zip(categories.T, self.sizes, strict=True)
        ]
        return np.hstack([lines.reshape(len(numbers), 2 * self.numbers), *codes])
