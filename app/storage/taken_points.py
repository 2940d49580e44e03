"""The points that trials have, for planners that skip or reuse them: read on from where the last look ended."""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import final

from sqlalchemy import Connection, bindparam, literal_column, select

from app.domain.values import key
from app.storage import counts
from app.storage.queries import Query
from app.storage.records import AnyRow
from app.storage.tables import lineage, trials

KEPT = 4
"""The sweeps whose points stay in memory, those that were asked for last."""

_POINTS = Query(
    select(trials.c.number, trials.c.params)
    .where(trials.c.sweep_key == bindparam("sweep"), trials.c.number >= bindparam("first"))
    .where(trials.c.same_as.is_(None), trials.c.state != literal_column("'cancelled'"))
    .where(trials.c.number.not_in(select(lineage.c.trial).where(lineage.c.sweep_key == bindparam("sweep"))))
    .order_by(trials.c.number)
)


@dataclass(frozen=True)
class _Known:
    """The points of the first `drawn` trials at a version of the plan, when so many trials were cancelled."""

    drawn: int
    version: int
    cancelled: int
    numbers: dict[str, int]

    def holds(self, row: AnyRow, cancelled: int) -> bool:
        """Return whether these trials have the same points still.

        They change where trials are cancelled or wait again. Both raise the version, and the second must come first if
        as many are cancelled in the end.
        """
        return self.cancelled == cancelled and self.drawn <= row.drawn and row.plan_version - self.version in {0, 1}


@final
class TakenPoints:
    """The number of the first trial with each point, by the `key` of its params.

    One that goes on from another trial is none: its result is not that of its point alone. One that was cancelled is
    none either: it has no result, and comes to none. Points do not change where they are asked for.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._lock = Lock()

    def of(self, connection: Connection, row: AnyRow) -> dict[str, int]:
        """Return the points of a sweep, given its row."""
        cancelled = counts.cancelled(connection, row.key)
        with self._lock:
            known = self._known.pop(row.id, None)
        if known is None or not known.holds(row, cancelled):
            known = _Known(0, row.plan_version, cancelled, {})
        for trial in _POINTS.rows(connection, sweep=row.key, first=known.drawn):
            known.numbers.setdefault(key(trial.params), trial.number)
        found = dict(known.numbers)
        with self._lock:
            self._known[row.id] = _Known(row.drawn, row.plan_version, cancelled, known.numbers)
            if len(self._known) > KEPT:
                self._known.popitem(last=False)
        return found
