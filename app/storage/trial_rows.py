"""Trials in the storage: single ones, pages in any order, curves, weights and what samplers learn from."""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    literal,
    or_,
    select,
    type_coerce,
    union_all,
)

from app.domain.errors import NotFound
from app.domain.filters import Condition, Field, Operator, Position, TrialQuery
from app.domain.space import Value
from app.domain.states import TrialState
from app.domain.trials import KeptModel, Trial
from app.domain.work import Epoch
from app.storage import records
from app.storage.columns import Instant
from app.storage.dialect import json_kind, json_order, json_value, stored_kind
from app.storage.sort_keys import sort_key
from app.storage.tables import epochs, models, trials

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
_POINT = [epochs.c[field.name] for field in fields(Epoch)]


def find(connection: Connection, sweep: str, number: int) -> Trial:
    """Return the trial. Raises NotFound."""
    row = connection.execute(select(trials).where(trials.c.sweep_id == sweep, trials.c.number == number)).first()
    if row is None:
        raise NotFound(f"The sweep {sweep} has no trial {number}, or it was not drawn yet.")
    return records.trial(row)


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
    key = _column(query.sort, shared).value
    statement = select(trials, key.label("sort_key")).where(
        trials.c.sweep_id == sweep,
        *(_condition(condition, _column(condition.field, shared)) for condition in query.conditions),
    )
    if query.states:
        statement = statement.where(trials.c.state.in_([state.value for state in query.states]))
    statement = _ordered(statement, key, query)
    if after is not None:
        statement = statement.where(_past(key, query.descending, after))
    rows = connection.execute(statement.limit(limit))
    return [(records.trial(row), Position(row.sort_key, row.number)) for row in rows]


def curve(connection: Connection, sweep: str, number: int, after: int, limit: int) -> list[Epoch]:
    """Return up to `limit` epochs of a trial, from the first one after epoch `after`."""
    rows = connection.execute(
        select(*_POINT)
        .where(epochs.c.sweep_id == sweep, epochs.c.trial == number, epochs.c.epoch > after)
        .order_by(epochs.c.epoch)
        .limit(limit)
    )
    return [records.epoch(row) for row in rows]


def curve_ends(connection: Connection, sweep: str, numbers: Collection[int], last: int) -> dict[int, list[Epoch]]:
    """Return the first epoch and the last ones of these trials, by their numbers, as far as they were reported."""

    def points(condition: ColumnElement[bool]) -> Select[Any]:
        mine = and_(trials.c.sweep_id == epochs.c.sweep_id, trials.c.number == epochs.c.trial)
        some = select(trials.c.number, *_POINT).join(epochs, mine)
        return some.where(trials.c.sweep_id == sweep, trials.c.number.in_(numbers), condition)

    # Two conditions with OR would read every epoch of the sweep; each alone finds its few by the key.
    ends = points(epochs.c.epoch > trials.c.epochs - last)
    beginnings = points(and_(epochs.c.epoch == 1, trials.c.epochs > last))
    rows = connection.execute(union_all(beginnings, ends).order_by("number", "epoch"))
    curves: dict[int, list[Epoch]] = defaultdict(list)
    for number, *point in rows:
        curves[number].append(Epoch(*point))
    return curves


def model(connection: Connection, sweep: str, number: int) -> KeptModel | None:
    """Return the kept model of a trial, or None."""
    row = connection.execute(
        select(models.c.weights, models.c.made_with).where(models.c.sweep_id == sweep, models.c.trial == number)
    ).first()
    return None if row is None else KeptModel(row.weights, row.made_with)


def finished(connection: Connection, sweep: str, last: int | None = None) -> list[Trial]:
    """Return the finished trials of a sweep, or the last ones, in the order of their numbers."""
    statement = select(trials).where(trials.c.sweep_id == sweep, _FINISHED).order_by(trials.c.number.desc())
    return [records.trial(row) for row in reversed(connection.execute(statement.limit(last)).all())]


@dataclass(frozen=True, slots=True)
class _Column:
    """A field in SQL: its type, in the words of `json_kind`, and its value as it is sorted and compared."""

    type: ColumnElement[Any]
    value: ColumnElement[Any]


def _column(field: Field, shared: Mapping[str, Value]) -> _Column:
    if not field.is_param:
        column = trials.c[field.name]
        # Times are compared as the text they are stored as.
        return _Column(stored_kind(column), type_coerce(column, Text()) if isinstance(column.type, Instant) else column)
    if field.name in shared:
        return _json_column(literal(json.dumps(shared[field.name])), "$")
    # The name is quoted in the path; one with a quote sign is no hyperparameter.
    return _json_column(trials.c.params, f'$."{field.name}"')


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
    return ["object" if isinstance(value, Mapping) else "array"], literal(sort_key(json.dumps(value)))


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
