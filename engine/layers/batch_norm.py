"""Batch norm: each unit's z is brought to mean 0 and variance 1, then scaled by gamma and moved by beta.

Ioffe and Szegedy 2015; on z, before the activation, with no bias beneath it. Means over the examples are products
with a vector of ones, which is four times as fast as a sum along that axis.
"""

from dataclasses import dataclass

import numpy as np

from engine.arrays import Array, Signal, Workspace
from engine.layers.base import BoundLayer

EPSILON = 1e-5
"""What is added to a variance, so that a unit that is always the same does not divide by zero."""

_LONGEST_RUN = 2048
"""The most numbers in a row and its copies: longer runs save less than it takes to copy the row."""


@dataclass(frozen=True, slots=True)
class NormArrays:
    """Gamma and beta of one layer, or their gradients, (R, n) each."""

    gamma: Array
    beta: Array


class Spread:
    """A row (R, 1, w) laid out for operations with a signal (R, m, w), which see fewer and longer runs.

    NumPy broadcasts a row over the examples in runs of w numbers, and spends more on starting a run than on the
    numbers; several copies of the row side by side make such an operation twice as fast, and change no bit.
    """

    def __init__(self, name: str, members: int, examples: int, width: int, workspace: Workspace) -> None:
        copies = max(count for count in range(1, max(_LONGEST_RUN // width, 1) + 1) if examples % count == 0)
        self._shape = (members, examples // copies, copies * width)
        self._copies = workspace.array(name, (members, copies, width))
        self.runs = self._copies.reshape(members, 1, copies * width)

    def load(self, row: Array) -> Array:
        """Return the copies of `row` (R, 1, w) as one long row, (R, 1, copies * w)."""
        self._copies[...] = row
        return self.runs

    def view(self, signal: Array) -> Array:
        """Return a contiguous signal (R, m, w) as it fits the long rows."""
        return signal.reshape(self._shape, copy=False)


class BatchNorm(BoundLayer):
    """In training: z (R, m, n) becomes gamma * (z - mean)/sqrt(variance + EPSILON) + beta, by the batch's own moments.

    The moments, mean and variance (with 1/m), are left in `moments` (R, 2n) for the averages that test time uses.
    The signals have a column of ones, which passes: its mean counts as 0 and its scale as 1.
    """

    def __init__(
        self,
        sums: Signal,
        outputs: Signal,
        parameters: NormArrays,
        gradient: NormArrays,
        moments: Array,
        workspace: Workspace,
    ) -> None:
        members, examples, width = sums.values.shape
        self._parameters, self._gradient = parameters, gradient
        self._mean, self._variance = moments[:, : sums.width], moments[:, sums.width :]
        self._spread = Spread(f"norm.spread.{width}", members, examples, width, workspace)
        view = self._spread.view
        self._z, self._y, self._dy = sums.values, outputs.values, outputs.gradient
        self._long_z, self._long_y, self._long_dy = view(self._z), view(self._y), view(self._dy)
        self._scratch = workspace.array(f"scratch.{width - 1}", self._z.shape)
        self._long_scratch = view(self._scratch)
        row = (members, 1, width)
        self._row, self._other = (workspace.array(f"norm.{name}.{width}", row) for name in ("row", "other"))
        self._scale, self._inverse = (np.ones(row, workspace.dtype) for _ in range(2))
        self._row_features, self._other_features, self._scale_features = (
            values[:, 0, : sums.width] for values in (self._row, self._other, self._scale)
        )
        self._share = np.full((1, examples), 1.0 / examples, workspace.dtype)
        self._ones = np.ones((1, examples), workspace.dtype)
        self._examples = examples

    def forward(self) -> None:
        """Centre z in place, for `backward`, and write gamma * z/deviation + beta."""
        row, features = self._row, self._row_features
        np.matmul(self._share, self._z, out=row)
        row[..., -1] = 0.0
        self._mean[...] = features
        np.subtract(self._long_z, self._spread.load(row), out=self._long_z)
        np.multiply(self._z, self._z, out=self._scratch)
        np.matmul(self._share, self._scratch, out=row)
        self._variance[...] = features
        self._scale_by(row)
        np.multiply(self._long_z, self._spread.load(self._scale), out=self._long_y)
        features[...] = self._parameters.beta
        row[..., -1] = 0.0
        np.add(self._long_y, self._spread.load(row), out=self._long_y)

    def _scale_by(self, variance: Array) -> None:
        """Set the inverse deviation and gamma times it; the last column of both stays one."""
        # Over whole rows: on views without the last column these small operations take twice as long.
        np.add(variance, EPSILON, out=self._inverse)
        np.sqrt(self._inverse, out=self._inverse)
        np.reciprocal(self._inverse, out=self._inverse)
        self._inverse[..., -1] = 1.0
        self._scale_features[...] = self._parameters.gamma
        np.multiply(self._scale, self._inverse, out=self._scale)

    def backward(self) -> None:
        """Write dgamma, dbeta, and in place of dy: dz = scale * (dy - mean(dy) - z_hat * mean(dy * z_hat))."""
        row, other = self._row, self._other
        np.multiply(self._dy, self._z, out=self._scratch)
        np.matmul(self._ones, self._scratch, out=row)
        np.multiply(row, self._inverse, out=row)
        self._gradient.gamma[...] = self._row_features
        np.matmul(self._ones, self._dy, out=other)
        self._gradient.beta[...] = self._other_features
        np.multiply(row, self._inverse, out=row)
        np.divide(row, self._examples, out=row)
        np.divide(other, self._examples, out=other)
        np.multiply(self._long_z, self._spread.load(row), out=self._long_scratch)
        np.subtract(self._long_dy, self._long_scratch, out=self._long_dy)
        np.subtract(self._long_dy, self._spread.load(other), out=self._long_dy)
        np.multiply(self._long_dy, self._spread.load(self._scale), out=self._long_dy)


class AveragedNorm(BoundLayer):
    """At test time: the same map with the averaged mean and variance, in place on the signal (R, m, n + 1)."""

    def __init__(self, signal: Signal, parameters: NormArrays, mean: Array, variance: Array) -> None:
        self._values = signal.features
        self._parameters, self._mean, self._variance = parameters, mean, variance

    def forward(self) -> None:
        """z -> gamma * (z - mean)/sqrt(variance + EPSILON) + beta."""
        scale = self._parameters.gamma / np.sqrt(self._variance + EPSILON)
        shift = self._parameters.beta - self._mean * scale
        np.multiply(self._values, scale[:, np.newaxis], out=self._values)
        np.add(self._values, shift[:, np.newaxis], out=self._values)

    def backward(self) -> None:
        """Refuse: nothing is trained at test time."""
        raise RuntimeError("Averaged batch norm is for test time, when nothing is trained.")
