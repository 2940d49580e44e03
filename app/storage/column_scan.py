"""Fields of many trials as texts of JSON values: a few rows for many trials, so that the interpreter is left alone.

A row for each trial would take the interpreter from all other threads and give it back a million times.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, select

from app.domain.filters import Field
from app.domain.values import Value
from app.storage import metrics
from app.storage.dialect import joined, json_at, json_of
from app.storage.outcomes import parts
from app.storage.sweep_rows import sweep_row
from app.storage.tables import sweeps, trials
from app.trial_columns.column import BETWEEN


def count(connection: Connection, sweep: str) -> int:
    """Return how many trials of a sweep were drawn: their numbers are those below it. Raises NotFound."""
    drawn: int = sweep_row(connection, sweep, sweeps.c.drawn).drawn
    return drawn


def texts(connection: Connection, sweep: str, fields: Sequence[Field], numbers: Sequence[int]) -> dict[Field, str]:
    """Return for each field a text of the values of these trials, which have rising numbers. Raises NotFound."""
    key: int = sweep_row(connection, sweep, sweeps.c.key).key
    found = [_texts(connection, key, fields, which) for which in _choices(numbers)]
    return {field: BETWEEN.join(part[field] for part in found) for field in fields}


def values(
    connection: Connection, sweep: str, fields: Sequence[Field], numbers: Sequence[int]
) -> dict[Field, list[Value]]:
    """Return the values of fields in these trials, which have rising numbers. Raises NotFound."""
    if not numbers or not fields:
        return {field: [] for field in fields}
    found = texts(connection, sweep, fields, numbers)
    return {field: msgspec.json.decode(f"[{text}]") for field, text in found.items()}


def _choices(numbers: Sequence[int]) -> list[ColumnElement[bool]]:
    if isinstance(numbers, range):
        return [trials.c.number.between(numbers[0], numbers[-1])]
    return [trials.c.number.in_(part) for part in parts(numbers)]


def _texts(
    connection: Connection, key: int, fields: Sequence[Field], which: ColumnElement[bool]
) -> Mapping[Field, str]:
    names = [f"f{place}" for place in range(len(fields))]
    slots = metrics.slots(connection, "trials")
    values = [_json(field, slots).label(name) for field, name in zip(fields, names, strict=True)]
    rows = select(*values).where(trials.c.sweep_key == key, which).order_by(trials.c.number).subquery()
    row = connection.execute(select(*(joined(rows.c[name], BETWEEN) for name in names))).one()
    return dict(zip(fields, row, strict=True))


def _json(field: Field, slots: metrics.Slots) -> ColumnElement[Any]:
    if field.kind == "column":
        return json_of(trials.c[field.name])
    if field.kind == "metric" and (slot := slots.column(field.name)):
        return json_of(trials.c[slot])
    # A name with a quotation mark is no metric and no hyperparameter.
    return json_at(trials.c.other_metrics if field.kind == "metric" else trials.c.params, f'$."{field.name}"')
