"""Input normalisation: mean and deviation from the training part alone."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Normalization:
    """x -> (x - mean)/scale, with float64 moments of each input, (n,). A constant input has scale 1."""

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]

    @classmethod
    def fit(cls, x_train: NDArray[Any]) -> "Normalization":
        """Learn the moments from the training inputs (m, n)."""
        x = x_train.astype(np.float64)
        deviation = x.std(axis=0)
        return cls(x.mean(axis=0), np.where(deviation > 0.0, deviation, 1.0))

    def apply(self, x: NDArray[Any]) -> NDArray[np.float32]:
        """Return normalised inputs of any part, (m, n)."""
        normalised: NDArray[np.float64] = (x.astype(np.float64) - self.mean) / self.scale
        return normalised.astype(np.float32)
