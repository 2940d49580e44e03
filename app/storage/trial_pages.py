"""Pages of lists of trials: an index gives those in the order of numbers or values, columns in memory all others."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import final

from sqlalchemy import Connection

from app.domain.events import DELETED, EpochsStored, Event, SweepChanged, TrialsChanged
from app.domain.filters import Field, Position, TrialQuery
from app.domain.trials import Trial
from app.domain.values import Value
from app.storage import column_scan, trial_rows
from app.trial_columns.cache import ColumnCache
from app.trial_columns.pages import fields_of, page
from app.trial_columns.sweep_columns import SweepColumns

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
        fields = fields_of(query, shared)
        found = None
        while found is None:
            with self._cache.using(sweep, fields) as columns:
                columns.fill(fields, _Newest(self._snapshot, sweep))
                found = self._read(sweep, columns, query, shared, after, limit)
        return found

    def _read(
        self,
        sweep: str,
        columns: SweepColumns,
        query: TrialQuery,
        shared: Mapping[str, Value],
        after: Position | None,
        limit: int,
    ) -> list[tuple[Trial, Position]] | None:
        """Return a page by columns that are filled; None if they were forgotten, and so not told of all changes."""
        # The lock first: a snapshot from before it could lack what was changed and marked meanwhile.
        with columns.lock, self._snapshot() as connection:
            count = columns.bring_up_to_date(_Now(connection, sweep))
            if not self._cache.keeps(sweep, columns):
                return None
            places = page(columns, count, query, shared, after, limit)
            trials = trial_rows.of_numbers(connection, sweep, [place.number for place in places])
        return list(zip(trials, places, strict=True))


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
