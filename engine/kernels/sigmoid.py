"""The passes of the logistic function beside the tangent that it is computed by."""

import numpy as np

from engine.arrays import Array
from engine.kernels.base import Kernel, changes, reads, scratch


def sigmoid_forward(a: Array) -> None:
    """a = (1 + a)/2, where a was tanh(z/2), but for the last column, which becomes 1."""
    np.add(a, 1.0, out=a)
    np.multiply(a, 0.5, out=a)
    a[..., -1] = 1.0


def sigmoid_backward(a: Array, da: Array, slope: Array) -> None:
    """dz = da*a*(1 - a)."""
    np.subtract(1.0, a, out=slope)
    np.multiply(slope, a, out=slope)
    np.multiply(da, slope, out=da)


SIGMOID_FORWARD = Kernel(sigmoid_forward, [changes("rmw")])
SIGMOID_BACKWARD = Kernel(sigmoid_backward, [reads("rmw"), changes("rmw"), scratch("rmw")])
