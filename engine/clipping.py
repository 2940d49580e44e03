"""Gradient clipping: a gradient that is longer than a limit is shortened to it, and keeps its direction."""

import numpy as np

from engine.arrays import Array
from engine.optimizers.base import Factors


def squared_lengths(rows: Array, out: Array | None = None) -> Array:
    """Return the sum of squares of each of `rows` (R, columns), (R, 1, 1); each row by itself, as same bits need."""
    lengths: Array = np.matmul(rows[:, np.newaxis, :], rows[:, :, np.newaxis], out=out)
    return lengths


class Clipping:
    """g -> g * limit/|g| for the rows of `gradient` (R, columns) with |g| > limit (Pascanu et al. 2013), in place."""

    def __init__(self, gradient: Array, limit: Factors) -> None:
        self._gradient = gradient
        self._limit = limit.astype(gradient.dtype)[:, np.newaxis]
        self._length = np.zeros((len(gradient), 1, 1), gradient.dtype)

    def run(self) -> None:
        """Shorten what is too long; all other rows are multiplied with exactly one."""
        length = squared_lengths(self._gradient, self._length)[:, 0]
        np.sqrt(length, out=length)
        np.maximum(length, self._limit, out=length)
        np.divide(self._limit, length, out=length)
        np.multiply(self._gradient, length, out=self._gradient)
