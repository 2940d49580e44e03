"""What an L2 penalty adds to the gradient."""

import numpy as np

from engine.arrays import Array
from engine.kernels.base import Kernel, changes, reads, scratch


def add_l2(w: Array, g: Array, share: Array, spare: Array) -> None:
    """g += share*w."""
    np.multiply(w, share, out=spare)
    np.add(g, spare, out=g)


ADD_L2 = Kernel(add_l2, [reads("rc"), changes("rc"), reads("r1"), scratch("rc")])
