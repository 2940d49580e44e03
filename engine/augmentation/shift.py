"""Shift along both axes."""

import numpy as np

from engine.augmentation.base import Warp
from engine.augmentation.grid import Grid
from engine.augmentation.settings import Augmentation


class Shift(Warp):
    """The image moves along each axis by a distance uniform in [-shift, shift] pixels."""

    def applies(self, settings: Augmentation) -> bool:
        """Return whether there is a shift."""
        return settings.shift != 0.0

    def move(self, grid: Grid, settings: Augmentation, rng: np.random.Generator) -> None:
        """Read as far before a pixel as the image moves on."""
        grid.affine[:, :, 2] -= rng.uniform(-settings.shift, settings.shift, (2, grid.images))
