"""Where each pixel of some images is read from."""

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from engine.arrays import Array


class Grid:
    """A point for each pixel of some images: the row and the column, in pixels, that it is read from.

    A kind of augmentation changes `affine`, (2, images, 3), which takes a pixel's place (row, column, 1) to its
    point, both relative to the centre of the image, or it adds to `displacement`, (2, images, height, width), which
    comes on top. The first axis is (row, column). All memory is for `most` images, and is taken once.
    """

    def __init__(self, height: int, width: int, most: int, dtype: DTypeLike) -> None:
        self._size, self._most, self._dtype = (height, width), most, np.dtype(dtype)
        self._memory: dict[str, NDArray[Any]] = {}
        self._centre = np.array([[(height - 1) / 2], [(width - 1) / 2]])
        places = np.indices((height, width)).reshape(2, -1) - self._centre
        self._places = np.concatenate([places, np.ones((1, height * width))]).astype(dtype)
        self.start(most)

    def start(self, images: int) -> None:
        """Begin with this many images, every pixel read from its own place."""
        self.images = images
        self.affine = np.repeat(np.eye(2, 3, dtype=self._dtype)[:, np.newaxis], images, axis=1)
        self.displacement = self.array("displacement")
        self.displacement[...] = 0.0

    def array(self, name: str, dtype: DTypeLike | None = None) -> Array:
        """Return the memory called `name`, (2, images, height, width); it holds what was left there."""
        if name not in self._memory:
            self._memory[name] = np.zeros(2 * self._most * math.prod(self._size), dtype or self._dtype)
        shape = (2, self.images, *self._size)
        return self._memory[name][: math.prod(shape)].reshape(shape)

    def points(self) -> Array:
        """Return the points, (2, images, height, width), relative to the first pixel; the grid is then used up."""
        points = self.array("points")
        self.affine[:, :, 2] += self._centre
        np.matmul(self.affine.reshape(-1, 3), self._places, out=points.reshape(2 * self.images, -1))
        points += self.displacement
        return points
