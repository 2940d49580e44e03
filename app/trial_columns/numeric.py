"""Columns of numbers: each is its own key, as a double."""

from math import inf, isnan, nan, nextafter
from typing import Self, final

import msgspec
import numpy as np

from app.domain.filters import Key
from app.domain.values import Value, key
from app.trial_columns.column import ALL, BEFORE_ALL, BEHIND_ALL, Column, Keys, Numbers, Span
from app.trial_columns.distinct import DistinctColumn
from app.trial_columns.growth import grown

_FIRST_INEXACT = 2.0**53
"""The double nearest to this whole number is also the nearest one to the next."""
_NUMERIC = frozenset({int, float, type(None)})


@final
class NumericColumn:
    """Numbers that doubles hold exactly."""

    def __init__(self, keys: Keys) -> None:
        self._keys, self._length = keys, len(keys)

    def __len__(self) -> int:
        return self._length

    @property
    def nbytes(self) -> int:
        """The bytes of the array, with its room to grow."""
        return self._keys.nbytes

    def keys(self) -> Keys:
        """Return the numbers."""
        return self._keys[: self._length]

    def with_values(self, numbers: Numbers, texts: str) -> Column:
        """Return the column with these values: one of distinct values if they are not all numbers that doubles hold."""
        keys = exact_numbers(texts)
        if keys is None:
            return DistinctColumn.of_numbers(self.keys()).with_values(numbers, texts)
        return self.with_keys(numbers, keys)

    def with_keys(self, numbers: Numbers, keys: Keys) -> Self:
        """Return the column in which these trials have these numbers."""
        self._length = max(self._length, int(numbers[-1]) + 1)
        self._keys = grown(self._keys, self._length, nan)
        self._keys[numbers] = keys
        return self

    def span(self, value: Value) -> Span:
        """Return the number as the only one of its span; a whole number between two doubles is at an empty one."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return BEHIND_ALL
        return span_of_number(value)

    def comparable(self, value: Value) -> Span:
        """Return all keys for a number, none for anything else."""
        return ALL if isinstance(value, int | float) and not isinstance(value, bool) else BEHIND_ALL

    def mark(self, number: int) -> Key:
        """Return the number itself."""
        found = float(self._keys[number])
        return None if isnan(found) else found

    def place(self, mark: Key) -> Span:
        """Return the span of a number; what was no number comes before or behind them all."""
        if isinstance(mark, str):
            return BEFORE_ALL if mark < key(-inf) else BEHIND_ALL
        return self.span(mark)


def exact_numbers(texts: str) -> Keys | None:
    """Return the numbers that JSON texts say, NaN for null; None if some are no numbers or not exact as doubles."""
    values = msgspec.json.decode(f"[{texts}]")
    kinds = set(map(type, values))
    if not kinds <= _NUMERIC:
        return None
    keys = np.array(values, dtype=np.float64)
    if int in kinds and np.any(np.abs(keys) >= _FIRST_INEXACT):
        return None
    return keys


def span_of_number(value: float) -> Span:
    """Return the span of a number among doubles; `value` may be a whole number of 64 bits."""
    nearest = float(value)
    if nearest == value:
        return Span(nearest, nextafter(nearest, inf))
    above = nearest if nearest > value else nextafter(nearest, inf)
    return Span(above, above)
