"""Metrics of the answers of a regression, in the target's unit."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)  # no slots: the distances are computed once
class Residuals:
    """The numbers `y` (n,) and the answers (R, n) to them."""

    y: NDArray[np.float64]
    answers: NDArray[np.float64]

    @cached_property
    def _distances(self) -> NDArray[np.float64]:
        return np.abs(self.y - self.answers)

    def mae(self) -> NDArray[np.float64]:
        """Return the mean absolute error."""
        return np.asarray(self._distances.mean(axis=1))

    def median_absolute_error(self) -> NDArray[np.float64]:
        """Return the median of the absolute errors."""
        return np.asarray(np.median(self._distances, axis=1))

    def r2(self) -> NDArray[np.float64]:
        """Return the share of the variance of `y` that the answers explain; NaN if there is none."""
        variance = np.square(self.y - self.y.mean()).sum()
        if not variance > 0.0:
            return np.full(len(self.answers), math.nan)
        return np.asarray(1.0 - np.square(self._distances).sum(axis=1) / variance)
