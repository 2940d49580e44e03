"""Gradient clipping: a gradient that is longer than a limit is shortened to it, and keeps its direction."""

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array
from engine.optimizers.base import Factors


def squared_lengths(rows: Array) -> NDArray[np.float64]:
    """Return the sum of squares of each of `rows` (R, columns), (R,); each row by itself, as same bits need."""
    squares: NDArray[np.float64] = np.matmul(rows[:, np.newaxis, :], rows[:, :, np.newaxis])[:, 0, 0].astype(np.float64)
    infinite = np.isinf(squares)
    if infinite.any():  # squares overflow float32 long before the numbers themselves do
        for row in np.flatnonzero(infinite):
            wide = rows[row].astype(np.float64)
            squares[row] = wide @ wide
    return squares


class Clipping:
    """g -> g * limit/|g| for the rows of `gradient` (R, columns) with |g| > limit (Pascanu et al. 2013), in place."""

    def __init__(self, gradient: Array, limit: Factors) -> None:
        self._gradient, self._limit = gradient, limit

    def run(self) -> None:
        """Shorten what is too long; all other rows are multiplied with exactly one."""
        scale = self._limit / np.maximum(np.sqrt(squared_lengths(self._gradient)), self._limit)
        np.multiply(self._gradient, scale.astype(self._gradient.dtype)[:, np.newaxis], out=self._gradient)
