"""Batch norm: each unit's z is brought to mean 0 and variance 1, then scaled by gamma and moved by beta.

Ioffe and Szegedy 2015; on z, before the activation, with no bias beneath it. Means over the examples are products
with a vector of ones, which is four times as fast as a sum along that axis.
"""

from dataclasses import dataclass

import numpy as np

from engine.arrays import Array, Signal, Workspace
from engine.kernels import bind
from engine.kernels.norm import NORM_AVERAGED, NORM_BACKWARD, NORM_CENTRE, NORM_SCALE
from engine.layers.base import BoundLayer

_LONGEST_RUN = 2048
"""The most numbers in a row and its copies: longer runs save less than it takes to copy the row."""


@dataclass(frozen=True, slots=True)
class NormArrays:
    """Gamma and beta of one layer, or their gradients, (R, n) each."""

    gamma: Array
    beta: Array


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
        z, y, dy, row = sums.values, outputs.values, outputs.gradient, (members, 1, width)
        mean, variance = moments[:, : sums.width], moments[:, sums.width :]
        runs = workspace.array(f"norm.runs.{width}", (members, _copies(examples, width), width))
        average, other = (workspace.array(f"norm.{name}.{width}", row) for name in ("row", "other"))
        inverse, scale = (np.ones(row, workspace.dtype) for _ in range(2))
        product = workspace.array(f"scratch.{width - 1}", z.shape)
        count = np.full((members, 1, 1), examples, workspace.dtype)
        self._share = np.full((1, examples), 1.0 / examples, workspace.dtype)
        self._ones = np.ones((1, examples), workspace.dtype)
        self._z, self._dy, self._average, self._other, self._product = z, dy, average, other, product
        self._centre = bind(NORM_CENTRE, average, z, mean, product, runs)
        self._scale = bind(NORM_SCALE, average, z, parameters.gamma, parameters.beta, variance, inverse, scale, y, runs)
        self._backward = bind(
            NORM_BACKWARD, dy, z, average, other, inverse, scale, count, gradient.gamma, gradient.beta, product, runs
        )

    def forward(self) -> None:
        """Centre z in place, for `backward`, and write gamma * z/deviation + beta."""
        np.matmul(self._share, self._z, out=self._average)
        self._centre.run()
        np.matmul(self._share, self._product, out=self._average)
        self._scale.run()

    def backward(self) -> None:
        """Write dgamma, dbeta, and in place of dy: dz = scale * (dy - mean(dy) - z_hat * mean(dy * z_hat))."""
        np.multiply(self._dy, self._z, out=self._product)
        np.matmul(self._ones, self._product, out=self._average)
        np.matmul(self._ones, self._dy, out=self._other)
        self._backward.run()


def _copies(examples: int, width: int) -> int:
    """Return how many copies of a row of `width` numbers make a run that fits that many examples."""
    return max(count for count in range(1, max(_LONGEST_RUN // width, 1) + 1) if examples % count == 0)


class AveragedNorm(BoundLayer):
    """At test time: the same map with the averaged mean and variance, in place on the signal (R, m, n + 1)."""

    def __init__(self, signal: Signal, parameters: NormArrays, mean: Array, variance: Array) -> None:
        self._forward = bind(NORM_AVERAGED, signal.values, parameters.gamma, parameters.beta, mean, variance)

    def forward(self) -> None:
        """z -> gamma * (z - mean)/sqrt(variance + EPSILON) + beta."""
        self._forward.run()

    def backward(self) -> None:
        """Refuse: nothing is trained at test time."""
        raise RuntimeError("Averaged batch norm is for test time, when nothing is trained.")
