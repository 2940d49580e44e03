"""Metrics of the answers of a regression, in the target's unit."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray


def spread(y: NDArray[np.float64]) -> float:
    """Return the sum of squares about the mean of some numbers; 0 if they do not differ, or by so little as 1e-170.

    The mean of equal numbers may be off by a rounding: it is not asked then.
    """
    return float(np.square(y - y.mean()).sum()) if np.ptp(y) > 0.0 else 0.0


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
        total = spread(self.y)
        if not total > 0.0:
            return np.full(len(self.answers), math.nan)
        return np.asarray(1.0 - np.square(self._distances).sum(axis=1) / total)
