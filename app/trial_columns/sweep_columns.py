"""The columns of one sweep: filled by a scan at first use, and kept up by reading changed trials again."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Protocol, final

import numpy as np

from app.domain.filters import Field
from app.trial_columns.column import Column
from app.trial_columns.instants import InstantColumn
from app.trial_columns.numeric import NumericColumn


class Source(Protocol):
    """Where the trials of the sweep are stored, as they are now."""

    def count(self) -> int:
        """Return how many trials there are: their numbers are those below it."""

    def read(self, fields: Sequence[Field], numbers: Sequence[int]) -> Mapping[Field, str]:
        """Return fields of the trials with these rising numbers: for each a text of JSON values, BETWEEN in between."""


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

    def fill(self, fields: Collection[Field], source: Source) -> None:
        """Scan the fields that are missing; others can be read from meanwhile."""
        with self._filling, self._watched() as changed:
            missing = [field for field in fields if field not in self._columns]
            if not missing:
                return
            columns = {field: _empty(field) for field in missing}
            _take(columns, range(source.count()), source)
            with self.lock:
                self._columns |= columns
                self.mark(changed)

    def bring_up_to_date(self, source: Source) -> int:
        """Read those trials again that changed, and those that are new; return how many there are. Hold `lock`.

        The source must not have looked at the database before: what is marked from now on is left for the next time.
        """
        with self._marking:
            changed, self._changed = self._changed, set()
        try:
            count = source.count()
            known = min(map(len, self._columns.values()), default=count)
            _take(self._columns, sorted(changed | set(range(known, count))), source)
        except BaseException:
            self.mark(changed)
            raise
        return count

    def drop(self, field: Field) -> int:
        """Forget a column; return about how much memory it took."""
        with self.lock:
            column = self._columns.pop(field, None)
            return column.nbytes if column is not None else 0

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


def _take(columns: dict[Field, Column], numbers: Sequence[int], source: Source) -> None:
    if not columns:
        return
    for first in range(0, len(numbers), CHUNK):
        part = numbers[first : first + CHUNK]
        texts, places = source.read(list(columns), part), np.array(part, np.int64)
        for field, column in list(columns.items()):
            columns[field] = column.with_values(places, texts[field])
