"""Gradient clipping: a gradient that is longer than a limit is shortened to it, and keeps its direction."""

import math

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array
from engine.kernels import bind
from engine.kernels.scale import SCALE
from engine.optimizers.base import Factors


def squared_lengths(rows: Array) -> NDArray[np.float64]:
    """Return the sum of squares of each of `rows` (R, columns), (R,); each row by itself, for the sake of same bits."""
    squares: NDArray[np.float64] = np.vecdot(rows, rows).astype(np.float64)
    if math.inf in squares.tolist():
        # Squares overflow float32 long before the numbers themselves do.
        for row in np.flatnonzero(np.isinf(squares)):
            wide = rows[row].astype(np.float64)
            squares[row] = wide @ wide
    return squares


class Clipping:
    """g -> g * limit/|g| for the rows of `gradient` (R, columns) with |g| > limit (Pascanu et al. 2013), in place."""

    def __init__(self, gradient: Array, limit: Factors) -> None:
        self._gradient, self._limit = gradient, limit
        self._factor = np.ones((len(gradient), 1), gradient.dtype)
        self._scale = bind(SCALE, gradient, self._factor)

    def run(self) -> None:
        """Shorten what is too long; all other rows are multiplied with exactly one."""
        lengths = np.sqrt(squared_lengths(self._gradient))
        self._factor[:, 0] = self._limit / np.maximum(lengths, self._limit)
        self._scale.run()
