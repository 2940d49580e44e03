"""The interface of a layer."""

from abc import ABC, abstractmethod

from engine.arrays import Array, Signal, Workspace


class BoundLayer(ABC):
    """A layer tied to its memory: running it takes no argument and allocates nothing."""

    @abstractmethod
    def forward(self) -> None:
        """Write the values of the output signal from those of the input signal."""

    @abstractmethod
    def backward(self) -> None:
        """Write the gradients of the parameters and of the input signal from that of the output signal."""


class Activation(ABC):
    """A kind of activation; it works in place, on one signal (R, m, n + 1)."""

    @abstractmethod
    def bind(self, signal: Signal, workspace: Workspace) -> BoundLayer:
        """Tie the activation to the signal that it transforms, with scratch memory from `workspace`."""


def scratch(signal: Signal, workspace: Workspace) -> Array:
    """Return scratch memory of the signal's shape, shared by all layers of that width."""
    return workspace.array(f"scratch.{signal.width}", signal.values.shape)
