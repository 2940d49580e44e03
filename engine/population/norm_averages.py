"""The means and variances that batch norm uses at test time: averages over the mini-batches of training."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array
from engine.averages import corrected_weight
from engine.kernels import bind
from engine.kernels.accumulate import ACCUMULATE
from engine.layout import Layout
from engine.population.update import Matrices
from engine.spec import MemberSpec


class NormAverages:
    """Exponentially weighted averages of the batch `moments` (R, statistics), each member with its own beta."""

    def __init__(self, matrices: Matrices, layout: Layout, moments: Array, specs: Sequence[MemberSpec]) -> None:
        self._total = matrices.averages
        self._statistics = matrices.weights[:, layout.statistics]
        self._moments = moments
        self._beta = np.array([spec.knobs.batch_norm_beta for spec in specs])
        self._beta_column = self._beta.astype(moments.dtype)[:, np.newaxis]
        self._take_in = bind(ACCUMULATE, self._total, moments, self._beta_column)

    def add(self) -> None:
        """Take in the moments of the mini-batch that was just trained."""
        if self._moments.size:
            self._take_in.run()

    def publish(self, updates: NDArray[np.int64]) -> None:
        """Write the averages after `updates` (R,) mini-batches to the rows, corrected for their start at zero."""
        if self._moments.size:
            factor = corrected_weight(self._beta, updates).astype(self._statistics.dtype)
            np.multiply(self._total, factor[:, np.newaxis], out=self._statistics)
