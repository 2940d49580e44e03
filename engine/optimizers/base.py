"""The interface of an optimizer: which numbers an epoch needs, and one step over whole matrices."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.kernels import Kernel

Factors: TypeAlias = NDArray[np.float64]


KnobColumns: TypeAlias = Mapping[str, Factors]
"""The knobs of several members by their names, (R,) each."""


class Optimizer(ABC):
    """A kind of optimizer. It keeps nothing: moments and factors are handed to it."""

    moments: int
    """How many matrices like the weights it carries from step to step; they start at zero."""

    step: Kernel
    """Moves the weights w against the gradient g, both (R, columns), in place.

    It takes w, g, the moments, the factors, (R, 1) each, and spare memory (R, columns). The moments are plain sums, as
    `engine.averages` has them; it works element by element, so that any range of columns can be stepped by itself.
    """

    @abstractmethod
    def factors(self, knobs: KnobColumns, alpha: Factors, updates: NDArray[Any]) -> tuple[Factors, ...]:
        """Return the numbers that `step` takes, each (steps, R), for all steps of an epoch at once.

        `alpha` is the learning rate, (steps, R); `updates` counts from 1, (steps, R), the step at hand included.
        """

    def averaging(self, knobs: KnobColumns, updates: NDArray[Any]) -> tuple[Factors, ...]:  # noqa: ARG002 - of none
        """Return what makes each moment the average that it stands for, (R,), after so many `updates`, (R,)."""
        return ()

    @property
    def factor_count(self) -> int:
        """How many numbers `step` takes for each member."""
        return len(self.step.operands) - self.moments - len(("w", "g", "spare memory"))
