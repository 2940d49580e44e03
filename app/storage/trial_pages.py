"""Pages of lists of trials: an index gives those in the order of numbers or values, columns in memory all others."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TypeVar, final

from sqlalchemy import Connection

from app.domain.events import DELETED, EpochsStored, Event, SweepChanged, TrialsChanged
from app.domain.filters import Field, Position, TrialQuery
from app.domain.trials import Trial
from app.domain.values import Value
from app.storage import column_scan, trial_rows
from app.trial_columns.cache import ColumnCache
from app.trial_columns.pages import FieldKeys, fields_of, keys_of_fitting, page
from app.trial_columns.sweep_columns import SweepColumns

T = TypeVar("T")

Snapshot = Callable[[], AbstractContextManager[Connection]]
"""Gives a connection that sees one snapshot, from its first statement on."""


@final
class TrialPages:
    """Lists of trials, with the cache of their columns; it must be told all events."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._cache = ColumnCache()

    def take(self, events: Sequence[Event]) -> None:
        """Mark the trials that changed: they are read again when their sweep is asked for."""
        for event in events:
            match event:
                case TrialsChanged():
                    self._cache.mark(event.sweep, event.trials)
                case EpochsStored():
                    self._cache.mark(event.sweep, event.epochs)
                case SweepChanged(state=state) if state == DELETED:
                    self._cache.forget(event.sweep)

    def page(
        self, sweep: str, query: TrialQuery, shared: Mapping[str, Value], after: Position | None, limit: int
    ) -> list[tuple[Trial, Position]]:
        """Return up to `limit` trials after `after`, each with its position. Raises NotFound.

        `shared` are the hyperparameters that are the same in all trials, and so are not stored with them.
        """
        with self._snapshot() as connection:
            found = trial_rows.page_of_index(connection, sweep, query, after, limit)
        return self._page_of_columns(sweep, query, shared, after, limit) if found is None else found

    def _page_of_columns(
        self, sweep: str, query: TrialQuery, shared: Mapping[str, Value], after: Position | None, limit: int
    ) -> list[tuple[Trial, Position]]:
        def read(columns: SweepColumns, count: int, connection: Connection) -> list[tuple[Trial, Position]]:
            places = page(columns, count, query, shared, after, limit)
            trials = trial_rows.of_numbers(connection, sweep, [place.number for place in places])
            return list(zip(trials, places, strict=True))

        return self._by_columns(sweep, fields_of(query, shared), read)

    def keys(self, sweep: str, query: TrialQuery, shared: Mapping[str, Value], fields: Collection[Field]) -> FieldKeys:
        """Return the keys of all trials that fit, in the order of their numbers. Raises NotFound."""

        def read(columns: SweepColumns, count: int, _: Connection) -> FieldKeys:
            return keys_of_fitting(columns, count, query, shared, fields)

        return self._by_columns(sweep, fields_of(query, shared, fields), read)

    def _by_columns(
        self, sweep: str, fields: Collection[Field], read: Callable[[SweepColumns, int, Connection], T]
    ) -> T:
        """Return what is read of columns that are filled and up to date, and of a snapshot that is as new."""
        while True:
            with self._cache.using(sweep, fields) as columns:
                columns.fill(fields, _Newest(self._snapshot, sweep))
                # The lock first: a snapshot from before it could lack what was changed and marked meanwhile.
                with columns.lock, self._snapshot() as connection:
                    count = columns.bring_up_to_date(_Now(connection, sweep))
                    # Columns that were forgotten are not told of all changes.
                    if self._cache.keeps(sweep, columns):
                        return read(columns, count, connection)


@dataclass(frozen=True, slots=True)
class _Now:
    """The trials of a sweep on one snapshot."""

    connection: Connection
    sweep: str

    def count(self) -> int:
        return column_scan.count(self.connection, self.sweep)

    def read(self, fields: Sequence[Field], numbers: Sequence[int]) -> Mapping[Field, str]:
        return column_scan.texts(self.connection, self.sweep, fields, numbers)


@dataclass(frozen=True, slots=True)
class _Newest:
    """The trials of a sweep on a snapshot for each part, so that a long scan holds up no checkpoint of the log."""

    snapshot: Snapshot
    sweep: str

    def count(self) -> int:
        with self.snapshot() as connection:
            return column_scan.count(connection, self.sweep)

    def read(self, fields: Sequence[Field], numbers: Sequence[int]) -> Mapping[Field, str]:
        with self.snapshot() as connection:
            return column_scan.texts(connection, self.sweep, fields, numbers)
