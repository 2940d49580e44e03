"""The passes of the logistic loss beside exp, log and tanh."""

import numpy as np

from engine.arrays import Array
from engine.kernels.base import Kernel, changes, reads, scratch, writes, zeros


def logistic_loss(loss: Array, z: Array, y: Array, zero: Array, term: Array) -> None:
    """loss = loss - z*y + max(z, 0), where loss was log(1 + exp(-|z|))."""
    np.multiply(z, y, out=term)
    np.subtract(loss, term, out=loss)
    np.maximum(z, zero, out=term)
    np.add(loss, term, out=loss)


def logistic_backward(dz: Array, y: Array, share: Array) -> None:
    """dz = ((1 + dz)/2 - y)*share, where dz was tanh(z/2)."""
    np.add(dz, 1.0, out=dz)
    np.multiply(dz, 0.5, out=dz)
    np.subtract(dz, y, out=dz)
    np.multiply(dz, share, out=dz)


def logistic_weigh(y: Array, by_class: Array, even: Array, weight: Array, share: Array) -> None:
    """Find the weight of each example's class, weight = (1 - y)*by_class[0] + y*by_class[1]; share = weight*even."""
    np.subtract(1.0, y, out=weight)
    np.multiply(weight, by_class[:, :1], out=weight)
    np.multiply(y, by_class[:, 1:], out=share)
    np.add(weight, share, out=weight)
    np.multiply(weight, even, out=share)


LOGISTIC_LOSS = Kernel(logistic_loss, [changes("rm"), reads("rm"), reads("rm"), zeros("rm"), scratch("rm")])
LOGISTIC_BACKWARD = Kernel(logistic_backward, [changes("rm"), reads("rm"), reads("rm")])
LOGISTIC_WEIGH = Kernel(logistic_weigh, [reads("rm"), reads("r2"), reads("rm"), *[writes("rm")] * 2])
