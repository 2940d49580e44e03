"""The logistic output with log loss, for two classes."""

import numpy as np

from engine.arrays import Array, Indices, Signal, Workspace
from engine.kernels import bind
from engine.kernels.gather import GATHER_TARGETS
from engine.kernels.logistic import LOGISTIC_BACKWARD, LOGISTIC_LOSS, LOGISTIC_WEIGH
from engine.losses.base import BoundLoss, Loss, Targets
from engine.losses.example_weights import ByClass, Even, ExampleWeights


class Logistic(Loss):
    """y_hat = 1/(1 + exp(-z)); loss = -y log(y_hat) - (1 - y) log(1 - y_hat); dz = y_hat - y."""

    def encode(self, targets: Targets, workspace: Workspace) -> Targets:
        """Return the labels 0 and 1 as numbers."""
        return np.asarray(targets, workspace.dtype)

    def bind(
        self, rows: Indices, width: int, targets: Targets, workspace: Workspace, class_weights: Array | None = None
    ) -> BoundLoss:
        """Tie the loss to its logits; `width` is 1."""
        assert width == 1, "a logistic output is one number"
        return _BoundLogistic(rows, targets, workspace, class_weights)

    def probabilities(self, logits: Array) -> Array:
        """Return the probability of class 1."""
        answer: Array = 0.5 * (1.0 + np.tanh(0.5 * logits))
        return answer


class _BoundLogistic(BoundLoss):
    def __init__(self, rows: Indices, targets: Targets, workspace: Workspace, class_weights: Array | None) -> None:
        members, examples = rows.shape
        shape = (members, examples, 1)
        self.logits = Signal(workspace.array("logits.values", shape), workspace.array("logits.gradient", shape), 1)
        self._z, self._dz = self.logits.values[..., 0], self.logits.feature_gradient[..., 0]
        self._y = workspace.array("logistic.y", (members, examples))
        self._load = bind(GATHER_TARGETS, self._y, targets, rows)
        self._loss = workspace.array("logistic.loss", (members, 1, examples))
        term, zeros = workspace.array("logistic.term", (members, examples)), workspace.zeros((members, examples))
        self._finish = bind(LOGISTIC_LOSS, self._loss[:, 0], self._z, self._y, zeros, term)
        self._weights = _weights(self._y, class_weights, workspace)
        self._backward = bind(LOGISTIC_BACKWARD, self._dz, self._y, self._weights.share)
        self._total = workspace.array("loss.total", (members, 1, 1))
        self._ones = np.ones((examples, 1), workspace.dtype)

    def load(self) -> None:
        """Fetch the labels."""
        self._load.run()
        self._weights.load()

    def total(self) -> Array:
        """Return the sum of max(z, 0) - z y + log(1 + exp(-|z|)), which cannot overflow."""
        loss = self._loss[:, 0]
        np.absolute(self._z, out=loss)
        np.negative(loss, out=loss)
        np.exp(loss, out=loss)
        np.log1p(loss, out=loss)
        self._finish.run()
        self._weights.weigh(loss)
        np.matmul(self._loss, self._ones, out=self._total)
        return self._total

    def backward(self) -> None:
        """dz = (y_hat - y)/m, times the example's weight, with y_hat = (1 + tanh(z/2))/2."""
        np.multiply(self._z, 0.5, out=self._dz)
        np.tanh(self._dz, out=self._dz)
        self._backward.run()

    def misses(self) -> Array:
        """Count the examples on the wrong side of z = 0; z = 0 itself is class 0."""
        wrong = (self._z > 0.0) != (self._y > 0.5)
        return np.asarray(wrong.sum(axis=1), np.float64)


def _weights(y: Array, class_weights: Array | None, workspace: Workspace) -> ExampleWeights:
    """Return what examples with the labels `y` (R, m) count."""
    even = np.full_like(y, 1.0 / y.shape[1])
    if class_weights is None:
        return Even(even)
    weights, share = (workspace.array(f"logistic.{name}", y.shape) for name in ("weights", "share"))
    return ByClass(weights, share, bind(LOGISTIC_WEIGH, y, class_weights, even, weights, share))
