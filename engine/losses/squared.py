"""The linear output with squared error, for a number."""

import math

import numpy as np

from engine.arrays import Array, Indices, Signal, Workspace
from engine.kernels import bind
from engine.kernels.gather import GATHER_TARGETS
from engine.losses.base import BoundLoss, Loss, Targets


class Squared(Loss):
    """y_hat = z; loss = (y_hat - y)^2/2, so that dz = y_hat - y as for the other two."""

    def encode(self, targets: Targets, workspace: Workspace) -> Targets:
        """Return the target values."""
        return np.asarray(targets, workspace.dtype)

    def bind(
        self, rows: Indices, width: int, targets: Targets, workspace: Workspace, class_weights: Array | None = None
    ) -> BoundLoss:
        """Tie the loss to its logits; `width` is 1, and there are no classes."""
        assert width == 1, "a linear output is one number"
        assert class_weights is None, "numbers have no classes"
        return _BoundSquared(rows, targets, workspace)

    def probabilities(self, logits: Array) -> Array:
        """Return the logits: a linear output has no other function."""
        return logits


class _BoundSquared(BoundLoss):
    def __init__(self, rows: Indices, targets: Targets, workspace: Workspace) -> None:
        members, examples = rows.shape
        shape = (members, examples, 1)
        self.logits = Signal(workspace.array("logits.values", shape), workspace.array("logits.gradient", shape), 1)
        self._z, self._dz = self.logits.values[..., 0], self.logits.feature_gradient[..., 0]
        self._y = workspace.array("squared.y", (members, examples))
        self._load = bind(GATHER_TARGETS, self._y, targets, rows)
        self._loss = workspace.array("squared.loss", (members, 1, examples))
        self._total = workspace.array("loss.total", (members, 1, 1))
        self._halves = np.full((examples, 1), 0.5, workspace.dtype)
        self._share = 1.0 / examples

    def load(self) -> None:
        """Fetch the target values."""
        self._load.run()

    def total(self) -> Array:
        """Return the sum of (z - y)^2/2."""
        np.subtract(self._z, self._y, out=self._dz)
        np.multiply(self._dz, self._dz, out=self._loss[:, 0])
        np.matmul(self._loss, self._halves, out=self._total)
        return self._total

    def backward(self) -> None:
        """dz = (y_hat - y)/m."""
        np.multiply(self._dz, self._share, out=self._dz)

    def misses(self) -> Array:
        """Return NaN: a number is never on the right or the wrong side."""
        return np.full(self._y.shape[0], math.nan)
