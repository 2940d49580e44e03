"""Columns of any values, of which there are few different ones: the place among those in order is the key."""

from bisect import bisect_left
from collections.abc import Iterable
from math import nan
from typing import Self, final

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.domain.filters import Key
from app.domain.values import Value, keys_of_kind
from app.domain.values import key as value_key
from app.trial_columns.column import BETWEEN, Keys, Numbers, Span
from app.trial_columns.growth import grown

_NULL_CODE = -1
_BYTES_OF_VALUE = 400
"""About what a distinct value takes: its key, its JSON text, and their places in two tables."""


@final
class DistinctColumn:
    """Values of any kind; each has a code, and a code has its rank among the values in order."""

    def __init__(self, codes: NDArray[np.int32]) -> None:
        """Take codes that are all null."""
        self._codes, self._length = codes, len(codes)
        self._code_of_key: dict[str, int] = {}
        self._code_of_text: dict[str, int] = {"null": _NULL_CODE}
        self._in_order: list[str] = []
        self._ranks: Keys = np.array([nan])

    @classmethod
    def constant(cls, value: Value, length: int) -> Self:
        """Return a column in which all trials have the same value."""
        column = cls(np.full(length, _NULL_CODE, np.int32))
        if value is not None:
            column._codes[:] = column._code(value)
            column._rank()
        return column

    @classmethod
    def of_numbers(cls, numbers: Keys) -> Self:
        """Return the column of these numbers, NaN for null."""
        column = cls(np.full(len(numbers), _NULL_CODE, np.int32))
        there = ~np.isnan(numbers)
        values, places = np.unique(numbers[there], return_inverse=True)
        codes = np.array([column._code(float(value)) for value in values], np.int32)
        column._codes[there] = codes[places]
        column._rank()
        return column

    def __len__(self) -> int:
        return self._length

    @property
    def nbytes(self) -> int:
        """The bytes of the codes, with their room to grow, and of the distinct values."""
        return self._codes.nbytes + _BYTES_OF_VALUE * len(self._in_order)

    def keys(self) -> Keys:
        """Return the rank of each trial's value."""
        return self._ranks[self._codes[: self._length]]

    def with_values(self, numbers: Numbers, texts: str) -> Self:
        """Return the column with these values."""
        lines = texts.split(BETWEEN)
        self._learn(set(lines) - self._code_of_text.keys())
        self._length = max(self._length, int(numbers[-1]) + 1)
        self._codes = grown(self._codes, self._length, _NULL_CODE)
        self._codes[numbers] = [self._code_of_text[line] for line in lines]
        return self

    def span(self, value: Value) -> Span:
        """Return the rank of the value as the only one of its span."""
        return self._span(value_key(value))

    def comparable(self, value: Value) -> Span:
        """Return the ranks of the values of this kind."""
        first, last = keys_of_kind(value)
        return Span(bisect_left(self._in_order, first), bisect_left(self._in_order, last))

    def mark(self, number: int) -> Key:
        """Return the key of the value, which stays where it is when ranks change."""
        code = self._codes[number]
        return None if code == _NULL_CODE else self._in_order[int(self._ranks[code])]

    def place(self, mark: Key) -> Span:
        """Return the rank that a mark has by now; a number is from when all values were numbers."""
        return self._span(mark if isinstance(mark, str) else value_key(mark))

    def _span(self, key: str) -> Span:
        rank = bisect_left(self._in_order, key)
        return Span(rank, rank + (key in self._code_of_key))

    def _learn(self, texts: Iterable[str]) -> None:
        known = len(self._code_of_key)
        for text in texts:
            self._code_of_text[text] = self._code(msgspec.json.decode(text))
        if len(self._code_of_key) > known:
            self._rank()

    def _code(self, value: Value) -> int:
        """Return the code of a value that is not null, a new one if it has none; then the ranks are to be found."""
        return self._code_of_key.setdefault(value_key(value), len(self._code_of_key))

    def _rank(self) -> None:
        self._in_order = sorted(self._code_of_key)
        self._ranks = np.empty(len(self._in_order) + 1)
        self._ranks[[self._code_of_key[key] for key in self._in_order]] = np.arange(len(self._in_order))
        self._ranks[_NULL_CODE] = nan
