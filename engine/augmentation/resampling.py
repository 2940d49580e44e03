"""Images read anew at points between their pixels: bilinear, with a background outside."""

import numpy as np
from numpy.typing import DTypeLike

from engine.arrays import Array, Indices

_MARGIN = 3
"""Background around an image: one pixel before it and two after, so that a point just outside has neighbours too."""


class Resampler:
    """The memory in which up to `most` images, (height, width, channels), are read anew; it is taken once.

    A copy of each image with background around it stands for the whole plane: points are only clipped to it.
    """

    def __init__(self, image: tuple[int, int, int], most: int, fill: Array, dtype: DTypeLike) -> None:
        height, width, channels = image
        padded = (most, height + _MARGIN, width + _MARGIN)
        self._planes = np.empty((channels, *padded), dtype)
        self._planes[...] = np.reshape(fill, (channels, 1, 1, 1))
        self._stride = width + _MARGIN
        first_pixels = np.arange(most, dtype=np.int32) * (padded[1] * padded[2]) + self._stride + 1
        self._first_pixels = first_pixels.reshape(most, 1, 1)
        self._floor = np.empty(2 * most * height * width, dtype)
        self._whole = np.empty(self._floor.shape, np.int32)
        self._index = np.empty((most, height, width), np.intp)
        self._corners = np.empty((4, most, height, width), dtype)

    def run(self, images: Array, points: Array) -> None:
        """Replace each pixel of `images`, (n, height, width, channels), by what it reads at its point.

        `points`, (2, n, height, width), are rows and columns relative to the first pixel; they are overwritten.
        """
        count, height, width = images.shape[:3]
        index = self._locate(points)
        for channel, planes in enumerate(self._planes):
            pixels = images[..., channel]
            planes[:count, 1 : height + 1, 1 : width + 1] = pixels
            self._read(planes, index, points, pixels)

    def _locate(self, points: Array) -> Indices:
        """Return the index of each point's upper left pixel in the planes; leave in `points` how far it lies beyond."""
        floor = self._floor[: points.size].reshape(points.shape)
        whole = self._whole[: points.size].reshape(points.shape)
        for coordinates, size in zip(points, points.shape[2:], strict=True):
            np.clip(coordinates, -1.0, size, out=coordinates)
        np.floor(points, out=floor)
        np.copyto(whole, floor, casting="unsafe")  # twice as fast as straight to the type that `take` reads
        points -= floor
        rows, columns = whole
        rows *= self._stride
        rows += columns
        index = self._index[: len(rows)]
        np.add(rows, self._first_pixels[: len(rows)], out=index)
        return index

    def _read(self, planes: Array, index: Indices, fractions: Array, out: Array) -> None:
        """Write to `out` the mean of the four pixels around each point, weighted by nearness.

        In the form a + (b - a) * fraction the weights sum to one, so that a constant image stays as it is.
        """
        corners, values = self._corners[:, : len(index)], planes.reshape(-1)
        for corner, ahead in zip(corners, (0, self._stride, 1, self._stride + 1), strict=True):
            np.take(values[ahead:], index, out=corner, mode="clip")
        left, between = corners[:2], corners[2:]  # each the upper row and the lower
        between -= left
        between *= fractions[1]
        between += left
        upper, lower = between
        lower -= upper
        lower *= fractions[0]
        np.add(upper, lower, out=out)
