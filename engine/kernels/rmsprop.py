"""RMSprop's step."""

import numpy as np

from engine.arrays import Array
from engine.averages import accumulate
from engine.kernels.base import Kernel, changes, reads, scratch


def rmsprop(w: Array, g: Array, s: Array, beta2: Array, alpha: Array, epsilon: Array, spare: Array) -> None:
    """s = beta2*s + g^2; w -= alpha*g/sqrt(s + epsilon)."""
    np.multiply(g, g, out=spare)
    accumulate(s, spare, beta2)
    np.add(s, epsilon, out=spare)
    np.sqrt(spare, out=spare)
    np.divide(g, spare, out=spare)
    np.multiply(spare, alpha, out=spare)
    np.subtract(w, spare, out=w)


RMSPROP = Kernel(rmsprop, [changes("rc"), reads("rc"), changes("rc"), *[reads("r1")] * 3, scratch("rc")])
