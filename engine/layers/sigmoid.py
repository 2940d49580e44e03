"""The logistic function a = 1/(1 + exp(-z))."""

import numpy as np

from engine.arrays import Signal, Workspace
from engine.layers.base import Activation, BoundLayer, scratch


class Sigmoid(Activation):
    """1/(1 + exp(-z)), computed as (1 + tanh(z/2))/2, which cannot overflow."""

    def bind(self, signal: Signal, workspace: Workspace) -> BoundLayer:
        """Tie the logistic function to its signal."""
        return _BoundSigmoid(signal, workspace)


class _BoundSigmoid(BoundLayer):
    def __init__(self, signal: Signal, workspace: Workspace) -> None:
        self._signal = signal
        self._scratch = scratch(signal, workspace)

    def forward(self) -> None:
        """a = (1 + tanh(z/2))/2."""
        values = self._signal.values
        np.multiply(values, 0.5, out=values)
        np.tanh(values, out=values)
        np.add(values, 1.0, out=values)
        np.multiply(values, 0.5, out=values)
        self._signal.restore_ones()

    def backward(self) -> None:
        """dz = da a (1 - a)."""
        np.subtract(1.0, self._signal.values, out=self._scratch)
        np.multiply(self._scratch, self._signal.values, out=self._scratch)
        np.multiply(self._signal.gradient, self._scratch, out=self._signal.gradient)
