"""What an L1 penalty adds to the gradient."""

import numpy as np

from engine.arrays import Array
from engine.kernels.base import Kernel, changes, reads, scratch


def add_l1(w: Array, g: Array, share: Array, spare: Array) -> None:
    """g += share*sign(w), and nothing at w = 0."""
    np.sign(w, out=spare)
    np.multiply(spare, share, out=spare)
    np.add(g, spare, out=g)


ADD_L1 = Kernel(add_l1, [reads("rc"), changes("rc"), reads("r1"), scratch("rc")])
