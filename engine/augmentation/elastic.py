"""Elastic distortion (Simard, Steinkraus and Platt 2003), at a strength that does not depend on its smoothness."""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import DTypeLike

from engine.arrays import Array
from engine.augmentation.base import Warp
from engine.augmentation.grid import Grid
from engine.augmentation.settings import Augmentation

_UNIT_NOISE = math.sqrt(12.0)
"""What uniform noise of width one is multiplied by for a deviation of one."""


class Elastic(Warp):
    """Every point moves by uniform noise smoothed by a Gaussian of deviation `elastic_sigma` pixels.

    Here `elastic` is the root mean square of the displacement along each axis, in pixels, the same at every pixel.
    Simard's alpha is instead the factor of noise in [-1, 1] smoothed by weights of sum one, so that the displacement
    shrinks as sigma grows: away from the edges, alpha is 2 * sqrt(3 * pi) * sigma, about 6.14 sigma, times `elastic`.
    """

    def applies(self, settings: Augmentation) -> bool:
        """Return whether there is a distortion."""
        return settings.elastic != 0.0

    def move(self, grid: Grid, settings: Augmentation, rng: np.random.Generator) -> None:
        """Add smoothed noise to the displacement; its numbers are float32 whatever the type of the grid."""
        drawn, noise, smooth = grid.array("drawn", np.float32), grid.array("noise"), grid.array("smooth")
        height, width = noise.shape[2:]
        rng.random(dtype=np.float32, out=drawn)
        np.subtract(drawn, 0.5, out=noise)
        noise *= settings.elastic * _UNIT_NOISE
        down, across = (smoothing(size, settings.elastic_sigma, noise.dtype) for size in (height, width))
        np.matmul(noise.reshape(-1, width), across.T, out=smooth.reshape(-1, width))
        np.matmul(down, smooth, out=noise)
        grid.displacement += noise


@lru_cache(maxsize=64)
def smoothing(size: int, sigma: float, dtype: DTypeLike) -> Array:
    """Return the matrix that smooths `size` values by a Gaussian, to be read only.

    Its rows have the norm one: independent noise keeps its deviation, at the edges as well.
    """
    places = np.arange(size)
    weights = np.exp(-0.5 * np.square((places[:, np.newaxis] - places) / sigma))
    matrix: Array = (weights / np.linalg.norm(weights, axis=1, keepdims=True)).astype(dtype)
    matrix.flags.writeable = False
    return matrix
