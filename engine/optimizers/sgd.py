"""Gradient descent on mini-batches."""

from typing import Any

from numpy.typing import NDArray

from engine.kernels.sgd import SGD
from engine.optimizers.base import Factors, KnobColumns, Optimizer


class Sgd(Optimizer):
    """w -= alpha*g."""

    moments = 0
    step = SGD

    def factors(self, knobs: KnobColumns, alpha: Factors, updates: NDArray[Any]) -> tuple[Factors, ...]:
        """Return alpha."""
        del knobs, updates
        return (alpha,)
