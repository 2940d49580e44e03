"""Rotation about the centre."""

import numpy as np

from engine.augmentation.base import Warp
from engine.augmentation.grid import Grid
from engine.augmentation.settings import Augmentation


class Tilt(Warp):
    """The image turns by an angle uniform in [-tilt, tilt] degrees, counter-clockwise if it is above zero."""

    def applies(self, settings: Augmentation) -> bool:
        """Return whether there is a tilt."""
        return settings.tilt != 0.0

    def move(self, grid: Grid, settings: Augmentation, rng: np.random.Generator) -> None:
        """Turn the points clockwise (rows count downwards) by the angle of the image."""
        angles = np.radians(rng.uniform(-settings.tilt, settings.tilt, grid.images))
        cos, sin = np.cos(angles)[:, np.newaxis], np.sin(angles)[:, np.newaxis]
        row, column = grid.affine
        grid.affine[...] = cos * row + sin * column, cos * column - sin * row
