"""The logistic function a = 1/(1 + exp(-z))."""

import numpy as np

from engine.arrays import Signal, Workspace
from engine.kernels import bind
from engine.kernels.sigmoid import SIGMOID_BACKWARD, SIGMOID_FORWARD
from engine.layers.base import Activation, BoundLayer, scratch


class Sigmoid(Activation):
    """1/(1 + exp(-z)), computed as (1 + tanh(z/2))/2, which cannot overflow."""

    def bind(self, signal: Signal, workspace: Workspace) -> BoundLayer:
        """Tie the logistic function to its signal."""
        return _BoundSigmoid(signal, workspace)


class _BoundSigmoid(BoundLayer):
    def __init__(self, signal: Signal, workspace: Workspace) -> None:
        self._values = signal.values
        self._forward = bind(SIGMOID_FORWARD, signal.values)
        if signal.gradient.size:
            self._backward = bind(SIGMOID_BACKWARD, signal.values, signal.gradient, scratch(signal, workspace))

    def forward(self) -> None:
        """a = (1 + tanh(z/2))/2."""
        np.multiply(self._values, 0.5, out=self._values)
        np.tanh(self._values, out=self._values)
        self._forward.run()

    def backward(self) -> None:
        """dz = da a (1 - a)."""
        self._backward.run()
