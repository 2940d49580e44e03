"""Input normalisation: mean and deviation from the training part alone, of each input or of each channel."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.table import Image


@dataclass(frozen=True, slots=True)
class Normalization:
    """x -> (x - mean)/scale, with float64 moments of each input, (n,). A constant input has scale 1."""

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]

    @classmethod
    def fit(cls, x_train: NDArray[Any], image: Image | None = None) -> "Normalization":
        """Learn the moments from the training inputs (m, n).

        Pixels of an image share the moments of their channel: a pixel that is constant in train would else blow up
        when it is not, and moving the image would not commute with normalising it.
        """
        inputs = x_train.shape[1]
        channels = image[2] if image else inputs
        x = x_train.astype(np.float64).reshape(-1, channels)
        deviation = x.std(axis=0)
        scale = np.where(np.ptp(x, axis=0) > 0.0, deviation, 1.0)  # the deviation of equal numbers may be rounded off 0
        return cls(np.tile(x.mean(axis=0), inputs // channels), np.tile(scale, inputs // channels))

    def apply(self, x: NDArray[Any]) -> NDArray[np.float32]:
        """Return normalised inputs of any part, (m, n)."""
        normalised: NDArray[np.float64] = (x.astype(np.float64) - self.mean) / self.scale
        return normalised.astype(np.float32)
