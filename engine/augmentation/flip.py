"""Left-right mirror."""

import numpy as np

from engine.augmentation.base import Warp
from engine.augmentation.grid import Grid
from engine.augmentation.settings import Augmentation


class Flip(Warp):
    """The image is mirrored, left to right, with the probability `flip`."""

    def applies(self, settings: Augmentation) -> bool:
        """Return whether there are mirrors."""
        return settings.flip != 0.0

    def move(self, grid: Grid, settings: Augmentation, rng: np.random.Generator) -> None:
        """Read from the other side of the centre."""
        mirrored = rng.random(grid.images) < settings.flip
        grid.affine[1, mirrored] *= -1.0
