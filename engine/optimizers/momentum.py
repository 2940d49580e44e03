"""Gradient descent with momentum."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array
from engine.averages import ExponentialAverage, weight
from engine.optimizers.base import Factors, KnobColumns, Optimizer


class Momentum(Optimizer):
    """v = beta1*v + (1 - beta1)*g; w -= alpha*v."""

    moments = 1

    def factors(self, knobs: KnobColumns, alpha: Factors, updates: NDArray[Any]) -> tuple[Factors, ...]:
        """Return beta1, and alpha for the plain sum of gradients that `step` keeps."""
        beta1 = np.broadcast_to(knobs.beta1, updates.shape)
        return beta1, alpha * weight(beta1)

    def step(
        self, w: Array, g: Array, moments: Sequence[ExponentialAverage], factors: Sequence[Array], scratch: Array
    ) -> None:
        """v = beta1*v + g; w -= alpha'*v."""
        (v,), (beta1, alpha) = moments, factors
        v.add(g, beta1)
        np.multiply(v.total, alpha, out=scratch)
        np.subtract(w, scratch, out=w)
