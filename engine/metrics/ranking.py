"""Metrics of the order in which probabilities put the examples: those of a class among all others."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Indices


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """For each example of a ranked class, how many examples get which probability of that class.

    There are `sizes` (k,) examples of the ranked classes, among `examples` in all. Of each of them, (R, their sum),
    class after class: `below` counts the examples with a lower probability, `own_below` those among them of the class
    itself, and `upto` all with a lower or the same one.
    """

    examples: int
    sizes: Indices
    below: Indices
    own_below: Indices
    upto: Indices

    @classmethod
    def of(cls, probabilities: NDArray[np.float64], labels: Indices) -> "Ranking":
        """Rank the classes of `probabilities` (R, k, n); a single one is class 1. `labels` (n,) are the classes."""
        members, ranked, examples = probabilities.shape
        classes, own = _own(labels, ranked)
        order = _sorted(probabilities, classes, own)
        mine = np.flatnonzero((order & 1) == 0).reshape(members, len(own))
        first, after = _ties(order, mine, examples)
        row = (np.arange(members)[:, np.newaxis] * ranked + classes) * examples
        sizes = np.bincount(classes, minlength=ranked)
        nth = np.arange(len(own)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return cls(examples, sizes, first - row, nth - (mine - first), after - row)

    def auc(self) -> NDArray[np.float64]:
        """Return the area under the ROC curve, the mean over the ranked classes; NaN if one has none or all examples.

        By the sum of the ranks of a class's examples, where equal probabilities share the middle of their ranks.
        """
        pairs = self.sizes * (self.examples - self.sizes)
        if not pairs.all():
            return np.full(len(self.below), math.nan)
        twice = self._sums(self.below + self.upto - 1) - self.sizes * (self.sizes - 1)
        return _mean(twice / (2 * pairs))

    def average_precision(self) -> NDArray[np.float64]:
        """Return the area under the steps of precision over recall, the mean over the ranked classes.

        NaN if one has no examples.
        """
        if not self.sizes.all():
            return np.full(len(self.below), math.nan)
        found = np.repeat(self.sizes, self.sizes) - self.own_below
        return _mean(self._sums(found / (self.examples - self.below)) / self.sizes)

    def _sums(self, values: NDArray[np.int64] | NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sums over each class's examples, (R, k); each class must have one."""
        return np.add.reduceat(values, np.cumsum(self.sizes) - self.sizes, axis=1)


def _mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean over the classes of values (R, k)."""
    return np.asarray(values.sum(axis=1) / values.shape[1])


def _own(labels: Indices, ranked: int) -> tuple[Indices, Indices]:
    """Return which of the ranked classes each of their examples has, in order, and which example it is."""
    if ranked == 1:
        own = np.flatnonzero(labels == 1)
        return np.zeros(len(own), np.intp), own
    own = np.argsort(labels, kind="stable")
    return labels[own], own


def _sorted(probabilities: NDArray[np.float64], classes: Indices, own: Indices) -> NDArray[np.int64]:
    """Return the bits of the probabilities, each row sorted and one after the other, with one bit more at the end.

    That bit is 0 for the examples of the class of the row. The bits of numbers from 0 to 1 are in the order of the
    numbers, and leave the highest two free; to sort numbers with a bit is four times as fast as to sort their places.
    """
    bits = (probabilities.view(np.int64) << 1) | 1
    bits[:, classes, own] -= 1
    bits.sort(axis=2)
    return bits.reshape(-1)


def _ties(order: NDArray[np.int64], mine: Indices, examples: int) -> tuple[Indices, Indices]:
    """Return where the groups of equal scores start in which the places `mine` lie, and where the next ones do.

    A class's examples come first in their group, and a group lies in one row of `examples`.
    """
    if not ((order.take(mine + 1, mode="wrap") ^ order[mine]) <= 1).any():  # none has an equal behind it
        return mine, mine + 1
    scores, new = order >> 1, np.ones(len(order), np.bool_)
    np.not_equal(scores[1:], scores[:-1], out=new[1:])
    new[::examples] = True
    starts = np.flatnonzero(new)
    group = np.cumsum(new)[mine]
    return starts[group - 1], np.append(starts, len(order))[group]
