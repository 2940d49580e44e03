"""The leaky rectifier a = max(z, 0.01 z)."""

import numpy as np

from engine.arrays import Signal, Workspace
from engine.layers.base import Activation, BoundLayer, scratch

SLOPE = 0.01


class LeakyRelu(Activation):
    """max(z, 0.01 z), with slope 0.01 at 0; the column of ones passes unchanged."""

    def bind(self, signal: Signal, workspace: Workspace) -> BoundLayer:
        """Tie the leaky rectifier to its signal."""
        return _BoundLeakyRelu(signal, workspace)


class _BoundLeakyRelu(BoundLayer):
    def __init__(self, signal: Signal, workspace: Workspace) -> None:
        self._signal = signal
        self._scratch = scratch(signal, workspace)
        self._zeros = workspace.zeros(signal.values.shape)
        self._negative = workspace.array(f"positive.{signal.width}", signal.values.shape, np.bool_)

    def forward(self) -> None:
        """a = max(z, 0.01 z)."""
        np.multiply(self._signal.values, SLOPE, out=self._scratch)
        np.maximum(self._signal.values, self._scratch, out=self._signal.values)

    def backward(self) -> None:
        """dz = da where a > 0, else 0.01 da."""
        np.less_equal(self._signal.values, self._zeros, out=self._negative)
        np.multiply(self._signal.gradient, SLOPE, out=self._signal.gradient, where=self._negative)
