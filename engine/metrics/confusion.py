"""Metrics of the answers as classes: counts of examples, answers and right answers of each class."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Indices


@dataclass(frozen=True, slots=True, eq=False)
class Confusion:
    """Of each class, (R, classes): how many examples there are, how many a member took for it, and how many rightly."""

    there: NDArray[np.int64]
    answered: NDArray[np.int64]
    found: NDArray[np.int64]

    @classmethod
    def of(cls, answered: Indices, labels: Indices, *, classes: int) -> "Confusion":
        """Count the answers (R, n) to examples of the classes `labels` (n,)."""
        members = len(answered)
        there = np.broadcast_to(np.bincount(labels, minlength=classes), (members, classes))
        places = (np.arange(members)[:, np.newaxis] * classes + answered) * 2 + (answered == labels)
        counts = np.bincount(places.ravel(), minlength=members * classes * 2).reshape(members, classes, 2)
        return cls(there, counts.sum(axis=2), counts[..., 1])

    def balanced_accuracy(self) -> NDArray[np.float64]:
        """Return the mean share found of a class, over the classes that there are examples of."""
        return _mean(self.found, self.there)

    def f1(self) -> NDArray[np.float64]:
        """Return 2 tp/(2 tp + fp + fn): of class 1 where there are two, NaN if it is in no example and no answer.

        Of more classes it is the mean, over those that are in an example or an answer.
        """
        twice, either = 2 * self.found, self.there + self.answered
        if twice.shape[1] == 2:
            twice, either = twice[:, 1:], either[:, 1:]
        return _mean(twice, either)

    def mcc(self) -> NDArray[np.float64]:
        """Return Matthews' correlation of answers and classes; 0 if either are all the same."""
        examples = self.there.sum(axis=1)
        together = self.found.sum(axis=1) * examples - (self.there * self.answered).sum(axis=1)
        spread = _deviation(self.there, examples) * _deviation(self.answered, examples)
        return np.asarray(np.divide(together, spread, out=np.zeros(len(spread)), where=spread > 0.0))


def _deviation(sizes: NDArray[np.int64], examples: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the root of n^2 - sum of squares, (R,), of how many examples (R, k) are of which class."""
    return np.asarray(np.sqrt((examples**2 - (sizes**2).sum(axis=1)).astype(np.float64)))


def _mean(above: NDArray[np.int64], below: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the mean of the ratios (R, k) that have a value, (R,); NaN if none has."""
    has = below > 0
    ratios = np.divide(above, below, out=np.zeros(above.shape), where=has)
    count = has.sum(axis=1)
    mean = np.divide(ratios.sum(axis=1), count, out=np.full(len(above), math.nan), where=count > 0)
    return np.asarray(mean)
