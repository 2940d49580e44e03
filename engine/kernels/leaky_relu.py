"""The leaky rectifier's passes."""

import numpy as np

from engine.arrays import Array
from engine.kernels.base import AnyArray, Kernel, changes, reads, scratch, zeros

SLOPE = 0.01


def leaky_relu_forward(z: Array, leak: Array) -> None:
    """a = max(z, SLOPE*z)."""
    np.multiply(z, SLOPE, out=leak)
    np.maximum(z, leak, out=z)


def leaky_relu_backward(a: Array, da: Array, zero: Array, negative: AnyArray) -> None:
    """dz = da where a > 0, else SLOPE*da."""
    np.less_equal(a, zero, out=negative)
    np.multiply(da, SLOPE, out=da, where=negative)


LEAKY_RELU_FORWARD = Kernel(leaky_relu_forward, [changes("rmw"), scratch("rmw")])
LEAKY_RELU_BACKWARD = Kernel(leaky_relu_backward, [reads("rmw"), changes("rmw"), zeros("rmw"), scratch("rmw", "flags")])
