"""Metrics in rows: each in the column of its slot, 8 bytes a value, and what finds no column in an object by name."""

from collections.abc import Collection, Iterable, Mapping
from math import copysign
from typing import Any, Literal, TypeAlias, final

from sqlalchemy import Column, Connection, Row, Table, and_, bindparam, select

from app.domain.work import Metrics
from app.storage import dialect, views
from app.storage.bulk import Bulk
from app.storage.queries import Query
from app.storage.tables import EPOCH_SLOTS, TRIAL_SLOTS, metric_slots, replicate_metrics, runs, trials

Holder: TypeAlias = Literal["trials", "epochs"]
"""Whose metrics: those of trials, which replicates have too, or those of epochs."""

_COUNTS: Mapping[Holder, int] = {"trials": TRIAL_SLOTS, "epochs": EPOCH_SLOTS}
_OF_A_PART = ("train_", "dev_", "test_")
"""How our own metrics begin. Other names are those of foreign trainers: they get no slot, which they would keep."""
_UNDEFINED, _OTHERS = "undefined_metrics", "other_metrics"


def columns(table: Table, slots: int) -> list[Column[Any]]:
    """Return the columns of a table that hold metrics."""
    return [table.c[name] for name in (*(f"m{number}" for number in range(slots)), _UNDEFINED, _OTHERS)]


TRIAL_COLUMNS = columns(trials, TRIAL_SLOTS)
_REPLICATE_COLUMNS = columns(replicate_metrics, TRIAL_SLOTS)
# Statements that are made once: to make one takes as long as to run it.
_STORED_SLOTS = Query(
    select(metric_slots.c.name, metric_slots.c.number)
    .where(metric_slots.c.holder == bindparam("holder"))
    .order_by(metric_slots.c.number)
)
_OF_ONLY_RUNS = (
    select(runs.c.key, *TRIAL_COLUMNS)
    .join(trials, and_(trials.c.sweep_key == runs.c.sweep_key, trials.c.number == runs.c.trial))
    .where(runs.c.key.in_(bindparam("keys", expanding=True)), trials.c.replicates == 1)
)
_STORE_REPLICATES = Bulk(dialect.upsert(replicate_metrics))
_OF_REPLICATES = select(replicate_metrics.c.run_key, *_REPLICATE_COLUMNS).where(
    replicate_metrics.c.run_key.in_(bindparam("keys", expanding=True))
)
_OF_RUNS = _OF_ONLY_RUNS.union_all(_OF_REPLICATES)


@final
class Slots:
    """The slots of those metrics that have one; a number comes back as it was given, to the bit.

    A metric that is undefined has its bit in `undefined_metrics`; one that is not measured has neither bit nor value.
    """

    def __init__(self, numbers: Mapping[str, int], prefix: str = "") -> None:
        self._columns = {name: f"m{number}" for name, number in numbers.items()}
        self._filled = {name: f"{prefix}m{number}" for name, number in numbers.items()}
        self._bits = {name: 1 << number for name, number in numbers.items()}
        self._undefined, self._others = prefix + _UNDEFINED, prefix + _OTHERS

    def column(self, name: str) -> str | None:
        """Return the name of the column that holds a metric, None if it has none."""
        return self._columns.get(name)

    def rows(self, several: Iterable[Mapping[str, float | None]]) -> list[dict[str, Any]]:
        """Return the columns of rows with these metrics: in all of them those that one of them needs, no others.

        The driver takes longer to pass a null than a number, and most columns of an epoch are null.
        """
        rows = [self._row(one) for one in several]
        if all(row.keys() == rows[0].keys() for row in rows):
            return rows
        names = dict.fromkeys(sorted({name for row in rows for name in row}))
        return [{**names, **row} for row in rows]

    def _row(self, metrics: Mapping[str, float | None]) -> dict[str, Any]:
        values = metrics.values()
        if None not in values and 0.0 not in values and metrics.keys() <= self._filled.keys():
            return {self._filled[name]: value for name, value in metrics.items()}  # most rows are so
        row: dict[str, Any] = {}
        others, undefined = {}, 0
        for name, value in metrics.items():
            column = self._filled.get(name)
            if column is None or _is_negative_zero(value):
                others[name] = value
            if column is None:
                continue
            if value is None:
                undefined |= self._bits[name]
            else:
                row[column] = value
        if undefined:
            row[self._undefined] = undefined
        if others:
            row[self._others] = others
        return row

    def metrics(self, row: Row[*tuple[Any, ...]]) -> Metrics:
        """Return the metrics of a row that has all columns for metrics."""
        undefined: int = row.undefined_metrics or 0
        found: Metrics = {
            name: value
            for name, column in self._columns.items()
            if (value := getattr(row, column)) is not None or undefined & self._bits[name]
        }
        return found | row.other_metrics if row.other_metrics else found


def _is_negative_zero(value: float | None) -> bool:
    """Return whether the value is the one number that SQLite does not keep: it makes 0.0 of it."""
    return value == 0.0 and copysign(1.0, value) < 0.0


def slots(connection: Connection, holder: Holder) -> Slots:
    """Return the slots that have names by now.

    They are read each time: what a connection remembered might be of a transaction that was taken back.
    """
    return Slots(_numbers(connection, holder))


def slots_for(
    connection: Connection, holder: Holder, metrics: Iterable[Mapping[str, float | None]], prefix: str = ""
) -> Slots:
    """Return slots to write these metrics by, where new names get those that are free; columns begin with `prefix`."""
    numbers = _numbers(connection, holder)
    named = dict.fromkeys(name for one in metrics for name in one)
    new = [name for name in named if name not in numbers and name.startswith(_OF_A_PART)]
    free = range(len(numbers), _COUNTS[holder])
    if taken := dict(zip(new, free, strict=False)):
        rows = [{"holder": holder, "number": number, "name": name} for name, number in taken.items()]
        connection.execute(metric_slots.insert(), rows)
        views.renew(connection)
    return Slots(numbers | taken, prefix)


def of_runs(connection: Connection, keys: Collection[int]) -> dict[int, Metrics]:
    """Return what runs came to, by their keys; those without a result may be left out."""
    known = slots(connection, "trials")
    return {row.key: known.metrics(row) for row in connection.execute(_OF_RUNS, {"keys": list(keys)})}


def store_replicates(connection: Connection, metrics: Mapping[int, Metrics]) -> None:
    """Store what replicates came to, by the keys of their runs."""
    if metrics:
        known = slots_for(connection, "trials", metrics.values())
        rows = zip(metrics, known.rows(metrics.values()), strict=True)
        _STORE_REPLICATES.run(connection, [{"run_key": key, **row} for key, row in rows])


def _numbers(connection: Connection, holder: Holder) -> dict[str, int]:
    return {row.name: row.number for row in _STORED_SLOTS.rows(connection, holder=holder)}
