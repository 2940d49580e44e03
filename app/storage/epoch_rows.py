"""Curves in the storage: the epochs of runs, in pages and by their ends."""

from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    bindparam,
    func,
    select,
    type_coerce,
    union_all,
)

from app.domain.trials import LossCurve, MetricCurve
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


def ends(connection: Connection, sweep: str, numbers: Collection[int], last: int) -> dict[int, LossCurve]:
    """Return the first epoch and the last ones of these trials' replicate 0, by their numbers, as far as reported.

    A row for each trial, not for each epoch: an analysis reads a thousand of them.
    """
    key = sweep_key(connection, sweep)
    loss = _as_json(connection, "train_loss").label("loss")
    norms = func.coalesce(type_coerce(epochs.c.gradient_norms, Text()), "null").label("norms")

    def points(condition: ColumnElement[bool]) -> Select[Any]:
        mine = and_(runs.c.sweep_key == key, runs.c.trial.in_(numbers), runs.c.replicate == 0)
        some = select(runs.c.trial, epochs.c.epoch, loss, norms).join(epochs, epochs.c.run_key == runs.c.key)
        return some.where(mine, condition)

    # Two conditions with OR would read every epoch of the runs; each alone finds its few by the key.
    latest = points(epochs.c.epoch > runs.c.epochs - last)
    first = points(and_(epochs.c.epoch == 1, runs.c.epochs > last))
    ordered = union_all(first, latest).order_by("trial", "epoch").subquery()
    columns = (joined(column, ",") for column in (ordered.c.epoch, ordered.c.loss, ordered.c.norms))
    rows = connection.execute(select(ordered.c.trial, *columns).group_by(ordered.c.trial))
    return {trial: LossCurve(*(msgspec.json.decode(f"[{texts}]") for texts in found)) for trial, *found in rows}


def _as_json(connection: Connection, metric: str) -> ColumnElement[Any]:
    """Return a metric of an epoch as JSON text, null where it was not finite or not measured."""
    slot = metrics.slots(connection, "epochs").column(metric)
    return json_of(epochs.c[slot]) if slot else json_at(epochs.c.other_metrics, f'$."{metric}"')


def of_metric(connection: Connection, sweep: str, numbers: Collection[int], metric: str) -> dict[int, MetricCurve]:
    """Return one metric of these trials' replicate 0, epoch by epoch, as far as reported; without those that have none.

    A row for each trial, not for each epoch: a hundred curves of a thousand epochs leave the interpreter alone.
    """
    key = sweep_key(connection, sweep)
    value = _as_json(connection, metric)
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
