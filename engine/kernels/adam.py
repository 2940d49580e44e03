"""Adam's step; docs and factors are with the optimizer."""

import numpy as np

from engine.arrays import Array
from engine.averages import accumulate
from engine.kernels.base import Kernel, changes, reads, scratch


def adam(  # noqa: PLR0913, PLR0917  # the arrays of the formula
    w: Array, g: Array, v: Array, s: Array, beta1: Array, beta2: Array, alpha: Array, epsilon: Array, spare: Array
) -> None:
    """v = beta1*v + g; s = beta2*s + g^2; w -= alpha*v/(sqrt(s) + epsilon)."""
    accumulate(v, g, beta1)
    np.multiply(g, g, out=spare)
    accumulate(s, spare, beta2)
    np.sqrt(s, out=spare)
    np.add(spare, epsilon, out=spare)
    np.divide(v, spare, out=spare)
    np.multiply(spare, alpha, out=spare)
    np.subtract(w, spare, out=w)


ADAM = Kernel(
    adam,
    [changes("rc"), reads("rc"), changes("rc"), changes("rc"), *[reads("r1")] * 4, scratch("rc")],
)
