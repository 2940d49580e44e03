"""How much each example of a mini-batch counts in its loss."""

from abc import ABC, abstractmethod

import numpy as np

from engine.arrays import Array
from engine.kernels import Bound


class ExampleWeights(ABC):
    """The examples of a stack; `share` has the shape of their losses: what each counts in the mean of its batch."""

    share: Array

    @abstractmethod
    def load(self) -> None:
        """Find the weights of the examples; their labels come before."""

    @abstractmethod
    def weigh(self, losses: Array) -> None:
        """Multiply the loss of each example by its weight, in place."""


class Even(ExampleWeights):
    """Every example counts one."""

    def __init__(self, share: Array) -> None:
        self.share = share

    def load(self) -> None:
        """There is nothing to find."""

    def weigh(self, losses: Array) -> None:
        """Leave the losses as they are."""


class ByClass(ExampleWeights):
    """Every example counts what its class does; `find` writes `weights` and `share`."""

    def __init__(self, weights: Array, share: Array, find: Bound) -> None:
        self._weights, self.share, self._find = weights, share, find

    def load(self) -> None:
        """Look the classes up."""
        self._find.run()

    def weigh(self, losses: Array) -> None:
        """Multiply."""
        np.multiply(losses, self._weights, out=losses)
