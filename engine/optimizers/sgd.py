"""Gradient descent on mini-batches."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array
from engine.averages import ExponentialAverage
from engine.optimizers.base import Factors, KnobColumns, Optimizer


class Sgd(Optimizer):
    """w -= alpha*g."""

    moments = 0

    def factors(self, knobs: KnobColumns, alpha: Factors, updates: NDArray[Any]) -> tuple[Factors, ...]:
        """Return alpha."""
        del knobs, updates
        return (alpha,)

    def step(
        self, w: Array, g: Array, moments: Sequence[ExponentialAverage], factors: Sequence[Array], scratch: Array
    ) -> None:
        """w -= alpha*g."""
        del moments
        (alpha,) = factors
        np.multiply(g, alpha, out=scratch)
        np.subtract(w, scratch, out=w)
