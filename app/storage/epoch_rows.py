"""Curves in the storage: the epochs of runs, in pages and by their ends."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, select, union_all

from app.domain.trials import MetricCurve
from app.domain.work import Epoch
from app.storage import metrics, records
from app.storage.dialect import joined, json_at, json_of
from app.storage.outcomes import parts
from app.storage.queries import Query
from app.storage.sweep_rows import sweep_key
from app.storage.tables import epochs, runs

_POINT = [column for column in epochs.c if column is not epochs.c.run_key]
_RUN = (
    select(runs.c.key)
    .where(
        runs.c.sweep_key == bindparam("sweep"),
        runs.c.trial == bindparam("trial"),
        runs.c.replicate == bindparam("replicate"),
    )
    .scalar_subquery()
)
_PAGE = Query(
    select(*_POINT)
    .where(epochs.c.run_key == _RUN, epochs.c.epoch > bindparam("after"))
    .order_by(epochs.c.epoch)
    .limit(bindparam("limit"))
)


def page(connection: Connection, sweep: str, number: int, replicate: int, after: int, limit: int) -> list[Epoch]:
    """Return up to `limit` epochs of a run, from the first one after epoch `after`. Raises NotFound for the sweep."""
    key = sweep_key(connection, sweep)
    rows = _PAGE.rows(connection, sweep=key, trial=number, replicate=replicate, after=after, limit=limit)
    slots = metrics.slots(connection, "epochs")
    return [records.epoch(row, slots) for row in rows]


def ends(connection: Connection, sweep: str, numbers: Collection[int], last: int) -> dict[int, list[Epoch]]:
    """Return the first epoch and the last ones of these trials' replicate 0, by their numbers, as far as reported."""
    key = sweep_key(connection, sweep)

    def points(condition: ColumnElement[bool]) -> Select[Any]:
        mine = and_(runs.c.sweep_key == key, runs.c.trial.in_(numbers), runs.c.replicate == 0)
        some = select(runs.c.trial, *_POINT).join(epochs, epochs.c.run_key == runs.c.key)
        return some.where(mine, condition)

    # Two conditions with OR would read every epoch of the runs; each alone finds its few by the key.
    latest = points(epochs.c.epoch > runs.c.epochs - last)
    first = points(and_(epochs.c.epoch == 1, runs.c.epochs > last))
    curves: dict[int, list[Epoch]] = defaultdict(list)
    slots = metrics.slots(connection, "epochs")
    for row in connection.execute(union_all(first, latest).order_by("trial", "epoch")):
        curves[row.trial].append(records.epoch(row, slots))
    return curves


def of_metric(connection: Connection, sweep: str, numbers: Collection[int], metric: str) -> dict[int, MetricCurve]:
    """Return one metric of these trials' replicate 0, epoch by epoch, as far as reported; without those that have none.

    A row for each trial, not for each epoch: a hundred curves of a thousand epochs leave the interpreter alone.
    """
    key = sweep_key(connection, sweep)
    slot = metrics.slots(connection, "epochs").column(metric)
    value = json_of(epochs.c[slot]) if slot else json_at(epochs.c.other_metrics, f'$."{metric}"')
    found: dict[int, MetricCurve] = {}
    for part in parts(sorted(numbers)):
        points = (
            select(runs.c.trial, epochs.c.epoch, value.label("value"))
            .join(epochs, epochs.c.run_key == runs.c.key)
            .where(runs.c.sweep_key == key, runs.c.trial.in_(part), runs.c.replicate == 0)
            .order_by(runs.c.trial, epochs.c.epoch)
            .subquery()
        )
        rows = select(points.c.trial, joined(points.c.epoch, ","), joined(points.c.value, ",")).group_by(points.c.trial)
        for trial, at, values in connection.execute(rows):
            found[trial] = MetricCurve(msgspec.json.decode(f"[{at}]"), msgspec.json.decode(f"[{values}]"))
    return found
