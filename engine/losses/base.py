"""The interface of a loss together with the output function that belongs to it."""

from abc import ABC, abstractmethod
from typing import Any

from numpy.typing import NDArray

from engine.arrays import Array, Indices, Signal, Workspace

Targets = NDArray[Any]


class BoundLoss(ABC):
    """A loss tied to its memory and to the numbers of its examples.

    It owns the logits, in the order of axes that it computes fastest in.
    """

    logits: Signal

    @abstractmethod
    def load(self) -> None:
        """Fetch the targets of the examples; their numbers are read anew."""

    @abstractmethod
    def total(self) -> Array:
        """Return the sum of the examples' losses for each member, (R, 1, 1), from the logits."""

    @abstractmethod
    def backward(self) -> None:
        """Write the gradient of the mean loss to that of the logits; `total` comes before."""

    @abstractmethod
    def misses(self) -> Array:
        """Return for each member, (R,), the number of examples on the wrong side; `total` comes before."""


class Loss(ABC):
    """A kind of loss; targets are kept as `encode` returns them."""

    @abstractmethod
    def encode(self, targets: Targets, workspace: Workspace) -> Targets:
        """Return the targets (n,) in the type that `load` gathers fastest."""

    @abstractmethod
    def bind(
        self, rows: Indices, width: int, targets: Targets, workspace: Workspace, class_weights: Array | None = None
    ) -> BoundLoss:
        """Tie the loss to logits, `width` outputs wide, for the examples `rows` (R, m) of each of R networks.

        With `class_weights` (R, classes), the loss of an example counts as often as its class in the sum, and so does
        its gradient in the mean, which is still over m.
        """

    @abstractmethod
    def probabilities(self, logits: Array) -> Array:
        """Return the network's answer for logits (..., width): probabilities, or the value itself."""
