"""What all columns have in common: a key for each trial, a number whose order is that of the values."""

from dataclasses import dataclass
from math import inf
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.domain.filters import Key
from app.domain.values import Value

Keys = NDArray[np.float64]
"""A key for each trial, by its number; NaN where the trial has no value. No key is infinite."""

Numbers = NDArray[np.int64]
"""Numbers of trials."""

BETWEEN = ",\n"
"""What stands between the values of trials in one text; within a compact JSON text it cannot stand."""


@dataclass(frozen=True, slots=True)
class Span:
    """The keys from `first` on that are below `last`."""

    first: float
    last: float


ALL = Span(-inf, inf)
BEFORE_ALL = Span(-inf, -inf)
BEHIND_ALL = Span(inf, inf)


class Column(Protocol):
    """One field of the trials 0, 1, 2... of a sweep."""

    def __len__(self) -> int:
        """Return how many trials it has a key for."""

    @property
    def nbytes(self) -> int:
        """About how much memory it takes."""

    def keys(self) -> Keys:
        """Return the keys, to be read and not to be changed."""

    def with_values(self, numbers: Numbers, texts: str) -> "Column":
        """Return the column in which these trials have other values, in the memory of this one; this one is used up.

        `texts` are the values in JSON with BETWEEN between them, in the rising order of `numbers`. Trials behind the
        last one are added; those that are passed over have no value until it is given.
        """

    def span(self, value: Value) -> Span:
        """Return the keys of the values that are the same as `value`; if there are none, the empty span at its place.

        The value is of the column's kinds: what compares with nothing in the column is behind all.
        """

    def comparable(self, value: Value) -> Span:
        """Return the keys of those values that are of the kind of `value`, and so can be less or greater."""

    def mark(self, number: int) -> Key:
        """Return what a cursor keeps of the place of a trial; None if it has no value."""

    def place(self, mark: Key) -> Span:
        """Return the keys at the place that a mark is of; it may be of a value that no trial has any more."""
