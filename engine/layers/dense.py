"""The dense layer z = x W, with the bias as the last row of W, or with none."""

import numpy as np

from engine.arrays import Array, Signal
from engine.layers.base import BoundLayer


class Dense(BoundLayer):
    """Members, examples and features go (R, m, n_in + 1) times (R, n_in + 1, n_out) to (R, m, n_out).

    The column of ones of the input makes the last row of `weights` the bias, and the last row of the weights'
    gradient its gradient; weights of n_in rows have no bias. NumPy multiplies member by member, so company never
    changes a member's bits.
    """

    def __init__(self, inputs: Signal, outputs: Signal, weights: Array, gradient: Array | None) -> None:
        with_bias = weights.shape[1] > inputs.width
        self._x = inputs.values if with_bias else inputs.features
        self._z = outputs.features
        self._weights = weights
        self._gradient = gradient
        if gradient is not None:
            self._dz = outputs.feature_gradient
            self._dx = inputs.gradient if with_bias or not inputs.gradient.size else inputs.feature_gradient
            self._x_transposed = self._x.swapaxes(1, 2)
            self._weights_transposed = weights.swapaxes(1, 2)

    def forward(self) -> None:
        """Write z = x W."""
        np.matmul(self._x, self._weights, out=self._z)

    def backward(self) -> None:
        """Write dW = x^T dz and, unless this is the first layer, dx = dz W^T."""
        np.matmul(self._x_transposed, self._dz, out=self._gradient)
        if self._dx.size:
            np.matmul(self._dz, self._weights_transposed, out=self._dx)
