"""Columns of points in time: microseconds since 1970 are the keys, and conditions compare their ISO 8601 texts."""

from bisect import bisect_left
from datetime import datetime, timedelta
from typing import Self, final

import msgspec
import numpy as np

from app.domain.filters import Key
from app.domain.values import Value
from app.trial_columns.column import ALL, BEHIND_ALL, Keys, Numbers, Span
from app.trial_columns.numeric import NumericColumn

_START = datetime(1970, 1, 1)
_MICROSECOND = timedelta(microseconds=1)
_TIMES = range((datetime.min - _START) // _MICROSECOND, (datetime.max - _START) // _MICROSECOND + 1)


@final
class InstantColumn:
    """Points in time; a text that is no whole time is compared as text, so `2026-01` is before all of that month."""

    def __init__(self) -> None:
        """Take no trials yet."""
        self._numbers = NumericColumn(np.empty(0))

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def nbytes(self) -> int:
        """The bytes of the microseconds."""
        return self._numbers.nbytes

    def keys(self) -> Keys:
        """Return the microseconds since 1970."""
        return self._numbers.keys()

    def with_values(self, numbers: Numbers, texts: str) -> Self:
        """Return the column with these times, in microseconds since 1970."""
        self._numbers.with_keys(numbers, np.array(msgspec.json.decode(f"[{texts}]"), np.float64))
        return self

    def span(self, value: Value) -> Span:
        """Return the time that a text is of as the only one of its span."""
        if not isinstance(value, str):
            return BEHIND_ALL
        place = bisect_left(_TIMES, value, key=_text)
        same = place < len(_TIMES) and _text(_TIMES[place]) == value
        first = _TIMES.start + place
        return Span(first, first + same)

    def comparable(self, value: Value) -> Span:
        """Return all keys for a text, none for anything else."""
        return ALL if isinstance(value, str) else BEHIND_ALL

    def mark(self, number: int) -> Key:
        """Return the microseconds."""
        return self._numbers.mark(number)

    def place(self, mark: Key) -> Span:
        """Return the span of the microseconds."""
        return self._numbers.place(mark)


def _text(microseconds: int) -> str:
    return (_START + microseconds * _MICROSECOND).isoformat(timespec="microseconds") + "Z"
