"""Gradient descent with momentum."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.averages import weight
from engine.kernels.momentum import MOMENTUM
from engine.optimizers.base import Factors, KnobColumns, Optimizer


class Momentum(Optimizer):
    """v = beta1*v + (1 - beta1)*g; w -= alpha*v."""

    moments = 1
    step = MOMENTUM

    def factors(self, knobs: KnobColumns, alpha: Factors, updates: NDArray[Any]) -> tuple[Factors, ...]:
        """Return beta1, and alpha for the plain sum of gradients that `step` keeps."""
        beta1 = np.broadcast_to(knobs["beta1"], updates.shape)
        return beta1, alpha * weight(beta1)

    def averaging(self, knobs: KnobColumns, updates: NDArray[Any]) -> tuple[Factors, ...]:
        """Return 1 - beta1."""
        del updates
        return (weight(knobs["beta1"]),)
