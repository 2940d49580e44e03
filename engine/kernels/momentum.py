"""Momentum's step."""

import numpy as np

from engine.arrays import Array
from engine.averages import accumulate
from engine.kernels.base import Kernel, changes, reads, scratch


def momentum(w: Array, g: Array, v: Array, beta1: Array, alpha: Array, spare: Array) -> None:
    """v = beta1*v + g; w -= alpha*v."""
    accumulate(v, g, beta1)
    np.multiply(v, alpha, out=spare)
    np.subtract(w, spare, out=w)


MOMENTUM = Kernel(momentum, [changes("rc"), reads("rc"), changes("rc"), *[reads("r1")] * 2, scratch("rc")])
