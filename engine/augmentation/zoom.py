"""Change of size about the centre."""

import numpy as np

from engine.augmentation.base import Warp
from engine.augmentation.grid import Grid
from engine.augmentation.settings import Augmentation


class Zoom(Warp):
    """The image grows by a factor uniform in [1 - zoom, 1 + zoom]."""

    def applies(self, settings: Augmentation) -> bool:
        """Return whether there is a zoom."""
        return settings.zoom != 0.0

    def move(self, grid: Grid, settings: Augmentation, rng: np.random.Generator) -> None:
        """Read nearer to the centre by the factor that the image grows by."""
        grid.affine /= rng.uniform(1.0 - settings.zoom, 1.0 + settings.zoom, (grid.images, 1))
