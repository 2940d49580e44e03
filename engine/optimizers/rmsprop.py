"""RMSprop: each weight's step divided by the running size of its gradient."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.averages import weight
from engine.kernels.rmsprop import RMSPROP
from engine.optimizers.base import Factors, KnobColumns, Optimizer


class RmsProp(Optimizer):
    """s = beta2*s + (1 - beta2)*g^2; w -= alpha*g/sqrt(s + epsilon), epsilon inside the root."""

    moments = 1
    step = RMSPROP

    def factors(self, knobs: KnobColumns, alpha: Factors, updates: NDArray[Any]) -> tuple[Factors, ...]:
        """Return beta2, and alpha and epsilon for the plain sum of squares that `step` keeps."""
        beta2 = np.broadcast_to(knobs["beta2"], updates.shape)
        return beta2, alpha / np.sqrt(weight(beta2)), knobs["epsilon"] / weight(beta2)

    def averaging(self, knobs: KnobColumns, updates: NDArray[Any]) -> tuple[Factors, ...]:
        """Return 1 - beta2."""
        del updates
        return (weight(knobs["beta2"]),)
