"""The columns of one sweep: filled by a scan at first use, and kept up by reading changed trials again."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import final

import numpy as np

from app.domain.filters import Field
from app.trial_columns.column import Column, Numbers
from app.trial_columns.instants import InstantColumn
from app.trial_columns.numeric import NumericColumn

Read = Callable[[Sequence[Field], Sequence[int]], Mapping[Field, str]]
"""Reads fields of the trials with these rising numbers, a text of JSON values with BETWEEN between them for each."""

CHUNK = 16384
"""How many trials are read at a time: the values of one field keep the interpreter for a few milliseconds."""

_TIMES = frozenset({"created_at", "started_at", "finished_at"})


@final
class SweepColumns:
    """Columns of the trials of one sweep, by field.

    Whoever changes trials marks them once that is on disk. Whoever reads columns fills what is missing, and then, with
    `lock` held, brings them up to date and reads: so it sees all that was on disk when it began.
    """

    def __init__(self) -> None:
        self.lock = Lock()
        self._filling = Lock()
        self._columns: dict[Field, Column] = {}
        self._marking = Lock()
        self._changed: set[int] = set()
        self._watches: list[set[int]] = []

    @property
    def nbytes(self) -> dict[Field, int]:
        """About how much memory each column takes."""
        return {field: column.nbytes for field, column in list(self._columns.items())}

    def __getitem__(self, field: Field) -> Column:
        """Return a column as it was brought up to date; hold `lock` while it is used."""
        return self._columns[field]

    def mark(self, numbers: Collection[int]) -> int:
        """Note that these trials changed; return how many have not been read again. It never waits for a reader."""
        with self._marking:
            for changed in (self._changed, *self._watches):
                changed.update(numbers)
            return len(self._changed)

    def fill(self, fields: Collection[Field], count: int, read: Read) -> None:
        """Scan the fields that are missing, of the trials below `count`; others can be read from meanwhile."""
        with self._filling, self._watched() as changed:
            missing = [field for field in fields if field not in self._columns]
            columns = {field: _empty(field) for field in missing}
            for first in range(0, count if missing else 0, CHUNK):
                _take(columns, range(first, min(first + CHUNK, count)), read)
            with self.lock:
                self._columns |= columns
                self.mark(changed)

    def bring_up_to_date(self, count: int, read: Read) -> None:
        """Read those trials below `count` again that changed, and those that are new; hold `lock`."""
        with self._marking:
            changed, self._changed = self._changed, set()
        known = min(map(len, self._columns.values()), default=count)
        stale = sorted({number for number in changed if number < known} | set(range(known, count)))
        try:
            for first in range(0, len(stale) if self._columns else 0, CHUNK):
                _take(self._columns, stale[first : first + CHUNK], read)
        except BaseException:
            self.mark(changed)
            raise
        self.mark([number for number in changed if number >= max(known, count)])

    def drop(self, field: Field) -> None:
        """Forget a column."""
        with self.lock:
            self._columns.pop(field, None)

    @contextmanager
    def _watched(self) -> Iterator[set[int]]:
        """Gather the trials that change meanwhile: those that are read before are to be read again."""
        watch: set[int] = set()
        with self._marking:
            self._watches.append(watch)
        try:
            yield watch
        finally:
            with self._marking:
                self._watches = [other for other in self._watches if other is not watch]


def _empty(field: Field) -> Column:
    if field.kind == "column" and field.name in _TIMES:
        return InstantColumn()
    return NumericColumn(np.empty(0))


def _take(columns: dict[Field, Column], numbers: Sequence[int], read: Read) -> None:
    texts = read(list(columns), numbers)
    places: Numbers = np.array(numbers, np.int64)
    for field, column in list(columns.items()):
        columns[field] = column.with_values(places, texts[field])
