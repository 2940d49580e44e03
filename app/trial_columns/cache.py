"""The columns of all sweeps that lists were asked of, bounded in bytes: those that were not used for longest go."""

from collections import Counter, OrderedDict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import final

from app.domain.filters import Field
from app.trial_columns.sweep_columns import SweepColumns

COLUMN_BYTES = 256 << 20
"""The memory that columns take, and no more than one query needs beyond it: 32 columns of a million trials."""

MOST_CHANGED = 100_000
"""More trials than these are not read one by one again: the sweep's columns are forgotten, and filled by a scan."""

_Place = tuple[str, Field]


@final
class ColumnCache:
    """Columns by sweep and field."""

    def __init__(self, most_bytes: int = COLUMN_BYTES) -> None:
        self._most_bytes = most_bytes
        self._lock = Lock()
        self._sweeps: dict[str, SweepColumns] = {}
        self._last_used: OrderedDict[_Place, None] = OrderedDict()
        self._users: Counter[str | _Place] = Counter()

    @property
    def nbytes(self) -> int:
        """About how much memory all columns take."""
        return sum(sum(columns.nbytes.values()) for columns in list(self._sweeps.values()))

    @contextmanager
    def using(self, sweep: str, fields: Collection[Field]) -> Iterator[SweepColumns]:
        """Give the columns of a sweep; those of `fields` stay while they are used, once they are filled."""
        places = [(sweep, field) for field in fields]
        with self._lock:
            columns = self._sweeps.setdefault(sweep, SweepColumns())
            self._users.update([sweep, *places])
            for place in places:
                self._last_used[place] = None
                self._last_used.move_to_end(place)
        try:
            yield columns
        finally:
            with self._lock:
                self._users.subtract([sweep, *places])
                self._make_room()
                self._leave(sweep)

    def mark(self, sweep: str, numbers: Collection[int]) -> None:
        """Note that trials of a sweep changed, which is on disk. It never waits for a reader."""
        columns = self._sweeps.get(sweep)
        if columns is not None and columns.mark(numbers) > MOST_CHANGED:
            self.forget(sweep)

    def forget(self, sweep: str) -> None:
        """Forget the columns of a sweep; who uses them finds by `keeps` that they are told of no changes any more."""
        self._sweeps.pop(sweep, None)

    def keeps(self, sweep: str, columns: SweepColumns) -> bool:
        """Return whether these columns of a sweep have not been forgotten, and so know of all changes until now."""
        return self._sweeps.get(sweep) is columns

    def _make_room(self) -> None:
        excess = self.nbytes - self._most_bytes
        for place in list(self._last_used):
            if excess <= 0:
                return
            if not self._users[place]:
                excess -= self._drop(place)

    def _drop(self, place: _Place) -> int:
        """Forget a column that nobody uses; return what that frees."""
        sweep, field = place
        del self._last_used[place], self._users[place]
        columns = self._sweeps.get(sweep)
        freed = columns.drop(field) if columns is not None else 0
        self._leave(sweep)
        return freed

    def _leave(self, sweep: str) -> None:
        """Keep nothing of a sweep that nobody uses and that has no columns."""
        if not self._users[sweep]:
            del self._users[sweep]
            columns = self._sweeps.get(sweep)
            if columns is not None and not columns.nbytes:
                self.forget(sweep)
