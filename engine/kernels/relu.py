"""The rectifier's passes."""

import numpy as np

from engine.arrays import Array
from engine.kernels.base import AnyArray, Kernel, changes, reads, scratch, zeros


def relu_forward(z: Array, zero: Array) -> None:
    """a = max(z, 0)."""
    # An array of zeros, not the scalar: np.maximum is then four times as fast.
    np.maximum(z, zero, out=z)


def relu_backward(a: Array, da: Array, zero: Array, positive: AnyArray) -> None:
    """dz = da where a > 0, else 0."""
    np.greater(a, zero, out=positive)
    np.multiply(da, positive, out=da)


RELU_FORWARD = Kernel(relu_forward, [changes("rmw"), zeros("rmw")])
RELU_BACKWARD = Kernel(relu_backward, [reads("rmw"), changes("rmw"), zeros("rmw"), scratch("rmw", "flags")])
