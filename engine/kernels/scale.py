"""How clipping shortens a gradient."""

import numpy as np

from engine.arrays import Array
from engine.kernels.base import Kernel, changes, reads


def scale(g: Array, factor: Array) -> None:
    """g *= factor."""
    np.multiply(g, factor, out=g)


SCALE = Kernel(scale, [changes("rc"), reads("r1")])
