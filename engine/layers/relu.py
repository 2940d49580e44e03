"""The rectifier a = max(z, 0)."""

import numpy as np

from engine.arrays import Signal, Workspace
from engine.layers.base import Activation, BoundLayer


class Relu(Activation):
    """max(z, 0), with slope 0 at 0; the column of ones passes unchanged."""

    def bind(self, signal: Signal, workspace: Workspace) -> BoundLayer:
        """Tie the rectifier to its signal."""
        return _BoundRelu(signal, workspace)


class _BoundRelu(BoundLayer):
    def __init__(self, signal: Signal, workspace: Workspace) -> None:
        self._signal = signal
        shape = signal.values.shape
        # An array of zeros, not the scalar: np.maximum is then four times as fast.
        self._zeros = workspace.zeros(shape)
        self._positive = workspace.array(f"positive.{signal.width}", shape, np.bool_)

    def forward(self) -> None:
        """a = max(z, 0)."""
        np.maximum(self._signal.values, self._zeros, out=self._signal.values)

    def backward(self) -> None:
        """dz = da where a > 0, else 0."""
        np.greater(self._signal.values, self._zeros, out=self._positive)
        np.multiply(self._signal.gradient, self._positive, out=self._signal.gradient)
