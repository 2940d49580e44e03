"""Trials in the storage: single ones, pages in any order, and what samplers learn from."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    literal,
    literal_column,
    or_,
    select,
)

from app.domain.errors import NotFound
from app.domain.filters import Condition, Field, Operator, Position, TrialQuery
from app.domain.states import TrialState
from app.domain.trials import KeptModel, Trial
from app.domain.values import Value
from app.domain.values import key as value_key
from app.storage import artifacts as artifact_rows
from app.storage import metrics, records
from app.storage.columns import PackedInstant
from app.storage.dialect import instant_text, json_kind, json_order, json_value, stored_kind
from app.storage.sweep_rows import sweep_key
from app.storage.tables import artifacts, models, runs, trials

_OPERATORS: Mapping[Operator, Callable[[Any, Any], ColumnElement[bool]]] = {
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
    "=": eq,
    "!=": ne,
}
_UNFINISHED = frozenset({TrialState.QUEUED, TrialState.RUNNING, TrialState.PAUSED, TrialState.CANCELLED})
_FINISHED = trials.c.state.in_([state.value for state in TrialState if state not in _UNFINISHED])


def find(connection: Connection, sweep: str, number: int) -> Trial:
    """Return the trial. Raises NotFound."""
    key = sweep_key(connection, sweep)
    row = connection.execute(select(trials).where(trials.c.sweep_key == key, trials.c.number == number)).first()
    if row is None:
        raise NotFound(f"The sweep {sweep} has no trial {number}, or it was not drawn yet.")
    return records.trial(sweep, row, metrics.slots(connection, "trials"))


def page(
    connection: Connection,
    sweep: str,
    query: TrialQuery,
    shared: Mapping[str, Value],
    after: Position | None,
    limit: int,
) -> list[tuple[Trial, Position]]:
    """Return up to `limit` trials after `after`, each with its position.

    `shared` are the hyperparameters that are the same in all trials, and so are not stored with them.
    """
    slots = metrics.slots(connection, "trials")
    key = _column(query.sort, shared, slots).value
    statement = select(trials, key.label("sort_key")).where(
        trials.c.sweep_key == sweep_key(connection, sweep),
        *(_condition(condition, _column(condition.field, shared, slots)) for condition in query.conditions),
    )
    if query.states:
        statement = statement.where(trials.c.state.in_([state.value for state in query.states]))
    statement = _ordered(statement, key, query)
    if after is not None:
        statement = statement.where(_past(key, query.descending, after))
    rows = connection.execute(statement.limit(limit))
    return [(records.trial(sweep, row, slots), Position(row.sort_key, row.number)) for row in rows]


def finished(connection: Connection, sweep: str, last: int | None = None) -> list[Trial]:
    """Return the finished trials of a sweep, or the last ones, in the order of their numbers."""
    key = sweep_key(connection, sweep)
    statement = select(trials).where(trials.c.sweep_key == key, _FINISHED).order_by(trials.c.number.desc())
    rows, slots = connection.execute(statement.limit(last)).all(), metrics.slots(connection, "trials")
    return [records.trial(sweep, row, slots) for row in reversed(rows)]


def model(connection: Connection, sweep: str, number: int) -> KeptModel | None:
    """Return the kept model of a trial with what its run, replicate 0, came to; None if there is none."""
    key = sweep_key(connection, sweep)
    row = connection.execute(
        select(models.c.made_with, artifacts.c.sha256, runs.c.key, runs.c.best_epoch, runs.c.epochs)
        .join(artifacts, artifacts.c.key == models.c.artifact_key)
        .join(runs, and_(runs.c.sweep_key == key, runs.c.trial == number, runs.c.replicate == 0))
        .where(models.c.sweep_key == key, models.c.trial == number)
    ).first()
    if row is None:
        return None
    weights = artifact_rows.read(connection, row.sha256)
    found = metrics.of_runs(connection, [row.key])[row.key]
    return KeptModel(weights, row.made_with, found, row.best_epoch, row.epochs)


@dataclass(frozen=True, slots=True)
class _Column:
    """A field in SQL: its type, in the words of `json_kind`, and its value as it is sorted and compared."""

    type: ColumnElement[Any]
    value: ColumnElement[Any]


def _column(field: Field, shared: Mapping[str, Value], slots: metrics.Slots) -> _Column:
    if field.kind == "column":
        column = trials.c[field.name]
        # Times are compared as the text that they are shown as.
        stored = literal_column(instant_text(str(column))) if isinstance(column.type, PackedInstant) else column
        return _Column(stored_kind(stored), stored)
    path = f'$."{field.name}"'  # a name with a quote sign is no metric and no hyperparameter
    if field.kind == "metric":
        if slot := slots.column(field.name):
            return _Column(stored_kind(trials.c[slot]), trials.c[slot])
        return _Column(json_kind(trials.c.other_metrics, path), json_value(trials.c.other_metrics, path))
    if field.name in shared:
        return _json_column(literal(json.dumps(shared[field.name])), "$")
    return _json_column(trials.c.params, path)


def _json_column(source: ColumnElement[Any], path: str) -> _Column:
    return _Column(json_kind(source, path), json_order(source, path))


def _condition(condition: Condition, column: _Column) -> ColumnElement[bool]:
    if condition.value is None:
        return column.value.is_(None) if condition.operator == "=" else column.value.is_not(None)
    types, value = _comparable(condition.value)
    # SQLite would order any text above all numbers; here they never compare.
    if condition.operator == "!=":
        return and_(column.value.is_not(None), or_(column.type.not_in(types), column.value != value))
    return and_(column.type.in_(types), _OPERATORS[condition.operator](column.value, value))


def _comparable(value: Value) -> tuple[Sequence[str], ColumnElement[Any]]:
    """Return the types that a value compares with, and what it is compared as."""
    if isinstance(value, bool):
        return ["true", "false"], literal(int(value))
    if isinstance(value, int | float):
        # Read from text by SQLite, as the hyperparameters are, to the same double.
        return ["integer", "real"], json_value(literal(json.dumps(value)), "$")
    if isinstance(value, str):
        return ["text"], literal(value)
    return ["object" if isinstance(value, Mapping) else "array"], literal(value_key(value))


def _ordered(statement: Select[Any], key: ColumnElement[Any], query: TrialQuery) -> Select[Any]:
    if query.sort == Field("number"):
        return statement.order_by(key.desc() if query.descending else key)
    direction = key.desc() if query.descending else key.asc()
    return statement.order_by(key.is_(None), direction, trials.c.number)


def _past(key: ColumnElement[Any], descending: bool, after: Position) -> ColumnElement[bool]:
    if after.key is None:
        return and_(key.is_(None), trials.c.number > after.number)
    value = literal(after.key)
    if key is trials.c.number:
        return key < value if descending else key > value
    further = key < value if descending else key > value
    return or_(further, and_(key == value, trials.c.number > after.number), key.is_(None))
