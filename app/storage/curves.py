"""Epochs of leased runs: stored without a gap, and replaced by those that come again."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select, tuple_

from app.domain.work import OWN_TRAINER, Epoch
from app.storage import dialect, metrics, records
from app.storage.bulk import Bulk
from app.storage.outcomes import parts
from app.storage.records import AnyRow
from app.storage.tables import epochs

_UPSERT = Bulk(dialect.upsert(epochs))


class Curves:
    """The epochs that one request brings, gathered run by run and stored together."""

    def __init__(self) -> None:
        self._points: dict[tuple[int, int], Epoch] = {}
        self._before: dict[int, int] = {}
        self._foreign: set[int] = set()
        self.reached: dict[int, int] = {}
        """How far the epochs of each run reach now, without a gap."""

    def grew(self, run: int) -> bool:
        """Return whether a run got past its furthest epoch."""
        return self.reached[run] > self._before[run]

    def brought(self, run: int, among: Collection[int]) -> list[int]:
        """Return those epochs of a run that were taken."""
        return [epoch for epoch in among if (run, epoch) in self._points]

    def add(self, row: AnyRow, curve: Sequence[Epoch], upto: int = 0) -> str | None:
        """Take epochs of a run, which has `upto` of them; or return what is wrong with them, and take none."""
        stored = reached = self.reached.get(row.key, row.epochs)
        for epoch in curve:
            if not 1 <= epoch.epoch <= reached + 1:
                return _gap(stored, reached, epoch.epoch)
            reached = max(reached, epoch.epoch)
        if reached > max(row.asked, stored):
            return f"epoch {reached} lies beyond epoch {row.asked}, up to which the run was asked to train"
        if upto > reached:
            return _gap(stored, reached, upto)
        self._before.setdefault(row.key, row.epochs)
        if row.trainer != OWN_TRAINER:
            self._foreign.add(row.key)
        self.reached[row.key] = reached
        self._points |= {(row.key, epoch.epoch): epoch for epoch in curve}
        return None

    def store(self, connection: Connection) -> dict[int, str]:
        """Store all epochs; return for each run the first one that came out otherwise than before.

        Foreign trainers promise no bits: of theirs none is compared.
        """
        own = (place for place in self._points if place[0] not in self._foreign)
        repeated = [(run, epoch) for run, epoch in own if epoch <= self._before[run]]
        different = self._differences(connection, repeated) if repeated else {}
        if self._points:
            measured = [epoch.metrics for epoch in self._points.values()]
            packed = metrics.slots_for(connection, "epochs", measured).rows(measured)
            points = zip(self._points.items(), packed, strict=True)
            rows = [_row(run, epoch, columns) for ((run, _), epoch), columns in points]
            _UPSERT.run(connection, rows)
        return different

    def _differences(self, connection: Connection, repeated: Collection[tuple[int, int]]) -> dict[int, str]:
        different: dict[int, str] = {}
        slots = metrics.slots(connection, "epochs")
        for row in _stored(connection, repeated):
            found = _difference(records.epoch(row, slots), self._points[row.run_key, row.epoch])
            if found:
                different.setdefault(row.run_key, found)
        return different


def _gap(stored: int, reached: int, epoch: int) -> str:
    return f"epoch {epoch} cannot follow epoch {reached}: send the epochs without a gap, from {stored + 1} on"


def _stored(connection: Connection, places: Collection[tuple[int, int]]) -> Iterator[AnyRow]:
    place = tuple_(epochs.c.run_key, epochs.c.epoch)
    for part in parts(sorted(places)):
        yield from connection.execute(select(epochs).where(place.in_(part)).order_by(epochs.c.run_key, epochs.c.epoch))


def _difference(stored: Epoch, epoch: Epoch) -> str | None:
    before = {**stored.metrics, "gradient_norms": stored.gradient_norms}
    now = {**epoch.metrics, "gradient_norms": epoch.gradient_norms}
    # What only one of them measured is no difference.
    other = [
        f"{name} {now[name]!r}, not {before[name]!r}" for name in before if now.get(name, before[name]) != before[name]
    ]
    if not other:
        return None
    return (
        f"epoch {epoch.epoch} came out otherwise than before: {'; '.join(other)}; "
        "another kind of processor or another version of a library computed it"
    )


def _row(run: int, epoch: Epoch, columns: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "run_key": run,
        "epoch": epoch.epoch,
        **columns,
        "seconds": epoch.seconds,
        "gradient_norms": epoch.gradient_norms,
    }
