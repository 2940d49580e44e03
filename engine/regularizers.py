"""Penalties on the weights, added to the gradient; biases are never penalised."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

import numpy as np

from engine.arrays import Array
from engine.optimizers.base import Factors, KnobColumns
from engine.spec import Knobs


class Penalty(ABC):
    """A kind of penalty."""

    @abstractmethod
    def applies(self, knobs: Knobs) -> bool:
        """Return whether a member has this penalty at all."""

    @abstractmethod
    def strength(self, knobs: KnobColumns) -> Factors:
        """Return for each member, (R,), lambda or what of it remains in the gradient."""

    @abstractmethod
    def add(self, w: Array, g: Array, share: Array, scratch: Array) -> None:
        """Add the penalty's gradient to `g`, both (R, columns), in place; `share` is strength/m, (R, 1)."""


class L2(Penalty):
    """cost + lambda/(2m) * sum of squared weights; gradient + lambda/m * w (weight decay)."""

    def applies(self, knobs: Knobs) -> bool:
        """Return whether lambda is not zero."""
        return knobs.l2 != 0.0

    def strength(self, knobs: KnobColumns) -> Factors:
        """Return lambda."""
        return knobs.l2

    def add(self, w: Array, g: Array, share: Array, scratch: Array) -> None:
        """g += lambda/m * w."""
        np.multiply(w, share, out=scratch)
        np.add(g, scratch, out=g)


class L1(Penalty):
    """cost + lambda/(2m) * sum of absolute weights; gradient + lambda/(2m) * sign(w), and none at w = 0."""

    def applies(self, knobs: Knobs) -> bool:
        """Return whether lambda is not zero."""
        return knobs.l1 != 0.0

    def strength(self, knobs: KnobColumns) -> Factors:
        """Return lambda/2: unlike L2's, this cost does not lose its 1/2 in the gradient."""
        return knobs.l1 / 2.0

    def add(self, w: Array, g: Array, share: Array, scratch: Array) -> None:
        """g += lambda/(2m) * sign(w)."""
        np.sign(w, out=scratch)
        np.multiply(scratch, share, out=scratch)
        np.add(g, scratch, out=g)


PENALTIES: Mapping[str, Penalty] = {"l1": L1(), "l2": L2()}
