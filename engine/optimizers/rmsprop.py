"""RMSprop: each weight's step divided by the running size of its gradient."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array
from engine.averages import ExponentialAverage, weight
from engine.optimizers.base import Factors, KnobColumns, Optimizer


class RmsProp(Optimizer):
    """s = beta2*s + (1 - beta2)*g^2; w -= alpha*g/sqrt(s + epsilon), epsilon inside the root."""

    moments = 1

    def factors(self, knobs: KnobColumns, alpha: Factors, updates: NDArray[Any]) -> tuple[Factors, ...]:
        """Return beta2, and alpha and epsilon for the plain sum of squares that `step` keeps."""
        beta2 = np.broadcast_to(knobs.beta2, updates.shape)
        return beta2, alpha / np.sqrt(weight(beta2)), knobs.epsilon / weight(beta2)

    def step(
        self, w: Array, g: Array, moments: Sequence[ExponentialAverage], factors: Sequence[Array], scratch: Array
    ) -> None:
        """s = beta2*s + g^2; w -= alpha'*g/sqrt(s + epsilon')."""
        (s,), (beta2, alpha, epsilon) = moments, factors
        np.multiply(g, g, out=scratch)
        s.add(scratch, beta2)
        np.add(s.total, epsilon, out=scratch)
        np.sqrt(scratch, out=scratch)
        np.divide(g, scratch, out=scratch)
        np.multiply(scratch, alpha, out=scratch)
        np.subtract(w, scratch, out=w)
