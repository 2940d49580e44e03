"""The leaky rectifier a = max(z, 0.01 z)."""

import numpy as np

from engine.arrays import Signal, Workspace
from engine.kernels import bind
from engine.kernels.leaky_relu import LEAKY_RELU_BACKWARD, LEAKY_RELU_FORWARD
from engine.layers.base import Activation, BoundLayer, scratch


class LeakyRelu(Activation):
    """max(z, 0.01 z), with slope 0.01 at 0; the column of ones passes unchanged."""

    def bind(self, signal: Signal, workspace: Workspace) -> BoundLayer:
        """Tie the leaky rectifier to its signal."""
        return _BoundLeakyRelu(signal, workspace)


class _BoundLeakyRelu(BoundLayer):
    def __init__(self, signal: Signal, workspace: Workspace) -> None:
        shape = signal.values.shape
        self._forward = bind(LEAKY_RELU_FORWARD, signal.values, scratch(signal, workspace))
        if signal.gradient.size:
            negative = workspace.array(f"positive.{signal.width}", shape, np.bool_)
            self._backward = bind(LEAKY_RELU_BACKWARD, signal.values, signal.gradient, workspace.zeros(shape), negative)

    def forward(self) -> None:
        """a = max(z, 0.01 z)."""
        self._forward.run()

    def backward(self) -> None:
        """dz = da where a > 0, else 0.01 da."""
        self._backward.run()
