"""Adam: momentum and RMSprop together, both bias-corrected (Kingma and Ba 2015)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.averages import corrected_weight
from engine.kernels.adam import ADAM
from engine.optimizers.base import Factors, KnobColumns, Optimizer


class Adam(Optimizer):
    """w -= alpha*v_hat/(sqrt(s_hat) + epsilon), with the corrected averages of g and of g^2.

    With the plain sums v and s and the corrected weights c1 and c2, alpha*c1*v/(sqrt(c2*s) + epsilon) equals
    (alpha*c1/sqrt(c2)) * v/(sqrt(s) + epsilon/sqrt(c2)): 10 passes over the matrix instead of 14.
    """

    moments = 2
    step = ADAM

    def factors(self, knobs: KnobColumns, alpha: Factors, updates: NDArray[Any]) -> tuple[Factors, ...]:
        """Return beta1, beta2, and alpha and epsilon for the plain sums that `step` keeps."""
        beta1, beta2 = (np.broadcast_to(beta, updates.shape) for beta in (knobs["beta1"], knobs["beta2"]))
        root = np.sqrt(corrected_weight(beta2, updates))
        return beta1, beta2, alpha * corrected_weight(beta1, updates) / root, knobs["epsilon"] / root

    def averaging(self, knobs: KnobColumns, updates: NDArray[Any]) -> tuple[Factors, ...]:
        """Return the corrected weights of both betas."""
        return corrected_weight(knobs["beta1"], updates), corrected_weight(knobs["beta2"], updates)
