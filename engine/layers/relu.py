"""The rectifier a = max(z, 0)."""

import numpy as np

from engine.arrays import Signal, Workspace
from engine.kernels import bind
from engine.kernels.relu import RELU_BACKWARD, RELU_FORWARD
from engine.layers.base import Activation, BoundLayer


class Relu(Activation):
    """max(z, 0), with slope 0 at 0; the column of ones passes unchanged."""

    def bind(self, signal: Signal, workspace: Workspace) -> BoundLayer:
        """Tie the rectifier to its signal."""
        return _BoundRelu(signal, workspace)


class _BoundRelu(BoundLayer):
    def __init__(self, signal: Signal, workspace: Workspace) -> None:
        shape = signal.values.shape
        zeros = workspace.zeros(shape)
        self._forward = bind(RELU_FORWARD, signal.values, zeros)
        if signal.gradient.size:
            positive = workspace.array(f"positive.{signal.width}", shape, np.bool_)
            self._backward = bind(RELU_BACKWARD, signal.values, signal.gradient, zeros, positive)

    def forward(self) -> None:
        """a = max(z, 0)."""
        self._forward.run()

    def backward(self) -> None:
        """dz = da where a > 0, else 0."""
        self._backward.run()
