"""The kinds of augmentation together, on the images of a mini-batch."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import DTypeLike

from engine.arrays import Array
from engine.augmentation.base import Warp
from engine.augmentation.elastic import Elastic
from engine.augmentation.flip import Flip
from engine.augmentation.grid import Grid
from engine.augmentation.resampling import Resampler
from engine.augmentation.settings import Augmentation
from engine.augmentation.shift import Shift
from engine.augmentation.tilt import Tilt
from engine.augmentation.zoom import Zoom

AUGMENTATIONS: Mapping[str, Warp] = {
    "shift": Shift(),
    "zoom": Zoom(),
    "tilt": Tilt(),
    "flip": Flip(),
    "elastic": Elastic(),
}
"""In the order in which a point is moved; the image itself goes through them from the last to the first.

The order is part of every result, because the draws follow it.
"""

_PIXELS_AT_ONCE = 64 * 28 * 28
"""As many pixels as the cache holds with all that is computed of them; part of every result, as is the order."""


class Augmenter:
    """The memory in which up to `examples` images, (height, width, channels), are augmented; it is taken once.

    `fill`, (channels,), is the background that is read outside of an image.
    """

    def __init__(self, image: tuple[int, int, int], examples: int, fill: Array, dtype: DTypeLike) -> None:
        height, width, _ = self._image = image
        self._most = max(1, min(examples, _PIXELS_AT_ONCE // (height * width)))
        self._grid = Grid(height, width, self._most, dtype)
        self._resampler = Resampler(image, self._most, fill, dtype)

    def run(self, x: Array, settings: Augmentation, rng: np.random.Generator) -> None:
        """Change the images `x`, (m, height * width * channels), in place; the channel runs fastest.

        `x` may be a view of longer rows. What is drawn from `rng` depends on the settings, the shape of an image and
        m alone, and the result on these, x and the draws.
        """
        if settings.is_none:
            return
        images = x.reshape((len(x), *self._image), copy=False)
        for start in range(0, len(x), self._most):
            self._change(images[start : start + self._most], settings, rng)

    def _change(self, images: Array, settings: Augmentation, rng: np.random.Generator) -> None:
        self._grid.start(len(images))
        for warp in AUGMENTATIONS.values():
            if warp.applies(settings):
                warp.move(self._grid, settings, rng)
        self._resampler.run(images, self._grid.points())
