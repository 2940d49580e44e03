"""The hyperbolic tangent a = tanh(z)."""

import numpy as np

from engine.arrays import Signal, Workspace
from engine.kernels import bind
from engine.kernels.tanh import TANH_BACKWARD
from engine.layers.base import Activation, BoundLayer, scratch


class Tanh(Activation):
    """tanh(z)."""

    def bind(self, signal: Signal, workspace: Workspace) -> BoundLayer:
        """Tie the tangent to its signal."""
        return _BoundTanh(signal, workspace)


class _BoundTanh(BoundLayer):
    def __init__(self, signal: Signal, workspace: Workspace) -> None:
        self._signal = signal
        if signal.gradient.size:
            self._backward = bind(TANH_BACKWARD, signal.values, signal.gradient, scratch(signal, workspace))

    def forward(self) -> None:
        """a = tanh(z), over the whole array, because one long run is faster than many short rows."""
        np.tanh(self._signal.values, out=self._signal.values)
        self._signal.restore_ones()

    def backward(self) -> None:
        """dz = da (1 - a^2)."""
        self._backward.run()
