"""Softmax with cross-entropy, for one of many classes."""

import numpy as np

from engine.arrays import Array, Indices, Signal, Workspace
from engine.kernels import bind
from engine.kernels.softmax import SOFTMAX_BACKWARD, SOFTMAX_LOAD, SOFTMAX_SHIFT, SOFTMAX_WEIGH
from engine.losses.base import BoundLoss, Loss, Targets
from engine.losses.example_weights import ByClass, Even, ExampleWeights


class Softmax(Loss):
    """y_hat = exp(z)/sum(exp(z)); loss = -log(y_hat of the true class); dz = y_hat - y."""

    def encode(self, targets: Targets, workspace: Workspace) -> Targets:
        """Return the labels 0..k-1 as indices."""
        del workspace
        return np.asarray(targets, np.intp)

    def bind(
        self, rows: Indices, width: int, targets: Targets, workspace: Workspace, class_weights: Array | None = None
    ) -> BoundLoss:
        """Tie the loss to its logits."""
        return _BoundSoftmax(rows, width, targets, workspace, class_weights)

    def probabilities(self, logits: Array) -> Array:
        """Return the probabilities of the classes, the last axis."""
        shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
        answer: Array = shifted / shifted.sum(axis=-1, keepdims=True)
        return answer


class _BoundSoftmax(BoundLoss):
    """The logits lie class by class, (R, k, m): reductions over few classes run along many examples.

    With ten classes a maximum is eight times as fast as along the last axis, and the matrix product writes either
    order at the same cost.
    """

    def __init__(
        self, rows: Indices, width: int, targets: Targets, workspace: Workspace, class_weights: Array | None
    ) -> None:
        members, examples = rows.shape
        shape, row = (members, width, examples), (members, 1, examples)
        self._z = workspace.array("logits.values", shape)
        self._dz = workspace.array("logits.gradient", shape)
        self.logits = Signal(self._z.swapaxes(1, 2), self._dz.swapaxes(1, 2), width)
        self._row = workspace.array("softmax.row", row)
        self._sum = workspace.array("softmax.sum", row)
        self._truth = workspace.array("softmax.truth", row)
        self._total = workspace.array("loss.total", (members, 1, 1))
        self._label = workspace.array("softmax.label", row, np.intp)
        place = workspace.array("softmax.place", row, np.intp)
        self._ones_k = np.ones((1, width), workspace.dtype)
        self._ones_m = np.ones((examples, 1), workspace.dtype)
        self._weights = _weights(self._label, class_weights, workspace)
        first = _first_places(members, width, examples)
        self._load = bind(SOFTMAX_LOAD, targets, rows, first, self._label, place)
        self._shift = bind(SOFTMAX_SHIFT, self._z, place, workspace.zeros(row), self._row, self._truth)
        self._backward = bind(SOFTMAX_BACKWARD, self._dz, self._sum, place, self._weights.share, self._row)

    def load(self) -> None:
        """Find where in the logits the true classes lie."""
        self._load.run()
        self._weights.load()

    def total(self) -> Array:
        """Return the sum of log(sum(exp(z))) - z_true, shifted by the largest logit against overflow."""
        self._shift.run()
        np.exp(self._z, out=self._dz)
        np.matmul(self._ones_k, self._dz, out=self._sum)
        np.log(self._sum, out=self._row)
        np.subtract(self._row, self._truth, out=self._row)
        self._weights.weigh(self._row)
        np.matmul(self._row, self._ones_m, out=self._total)
        return self._total

    def backward(self) -> None:
        """dz = (y_hat - y)/m, times the example's weight."""
        self._backward.run()

    def misses(self) -> Array:
        """Count the examples whose largest logit is not the true class's; ties go to the first class."""
        largest = self._z == 0.0  # `total` shifted every example by its largest logit
        if np.count_nonzero(largest) == self._truth.size and np.isfinite(self._total).all():
            # No ties, and nothing that is not a number: ten times as fast as to look for each largest logit's place.
            wrong = self._truth[:, 0] != 0.0
        else:
            wrong = self._z.argmax(axis=1) != self._label[:, 0]
        return np.asarray(wrong.sum(axis=1), np.float64)


def _first_places(members: int, width: int, examples: int) -> Indices:
    """Return the flat place of class 0 of each member and example, (R, 1, m)."""
    members_axis = np.arange(members)[:, np.newaxis, np.newaxis] * (width * examples)
    return members_axis + np.arange(examples)[np.newaxis, np.newaxis, :]


def _weights(labels: Indices, class_weights: Array | None, workspace: Workspace) -> ExampleWeights:
    """Return what examples with these labels (R, 1, m) count."""
    even = np.full(labels.shape, 1.0 / labels.shape[2], workspace.dtype)
    if class_weights is None:
        return Even(even)
    weights, share = (workspace.array(f"softmax.{name}", labels.shape) for name in ("weights", "share"))
    return ByClass(weights, share, bind(SOFTMAX_WEIGH, labels, class_weights, even, weights, share))
