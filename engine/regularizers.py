"""Penalties on the weights, added to the gradient; biases are never penalised."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from engine.kernels import Kernel
from engine.kernels.l1 import ADD_L1
from engine.kernels.l2 import ADD_L2
from engine.optimizers.base import Factors, KnobColumns
from engine.spec import Knobs


class Penalty(ABC):
    """A kind of penalty."""

    add: Kernel
    """Adds the penalty's gradient to that of the weights, in place.

    It takes the weights w and the gradient g, (R, columns) each, strength/m, (R, 1), and spare memory (R, columns).
    """

    @abstractmethod
    def applies(self, knobs: Knobs) -> bool:
        """Return whether a member has this penalty at all."""

    @abstractmethod
    def strength(self, knobs: KnobColumns) -> Factors:
        """Return for each member, (R,), lambda or what of it remains in the gradient."""


class L2(Penalty):
    """cost + lambda/(2m) * sum of squared weights; gradient + lambda/m * w (weight decay)."""

    add = ADD_L2

    def applies(self, knobs: Knobs) -> bool:
        """Return whether lambda is not zero."""
        return knobs.l2 != 0.0

    def strength(self, knobs: KnobColumns) -> Factors:
        """Return lambda."""
        return knobs["l2"]


class L1(Penalty):
    """cost + lambda/(2m) * sum of absolute weights; gradient + lambda/(2m) * sign(w), and none at w = 0."""

    add = ADD_L1

    def applies(self, knobs: Knobs) -> bool:
        """Return whether lambda is not zero."""
        return knobs.l1 != 0.0

    def strength(self, knobs: KnobColumns) -> Factors:
        """Return lambda/2: unlike L2's, this cost does not lose its 1/2 in the gradient."""
        return knobs["l1"] / 2.0


PENALTIES: Mapping[str, Penalty] = {"l1": L1(), "l2": L2()}
