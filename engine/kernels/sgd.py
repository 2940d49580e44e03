"""The step of plain gradient descent."""

import numpy as np

from engine.arrays import Array
from engine.kernels.base import Kernel, changes, reads, scratch


def sgd(w: Array, g: Array, alpha: Array, spare: Array) -> None:
    """w -= alpha*g."""
    np.multiply(g, alpha, out=spare)
    np.subtract(w, spare, out=w)


SGD = Kernel(sgd, [changes("rc"), reads("rc"), reads("r1"), scratch("rc")])
