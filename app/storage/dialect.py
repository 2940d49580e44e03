"""What SQLite says in words of its own: statements and functions that another database has under other names."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    REAL,
    ColumnElement,
    Connection,
    Table,
    Text,
    bindparam,
    case,
    exists,
    func,
    select,
    text,
    type_coerce,
)
from sqlalchemy.dialects.sqlite import Insert, insert

from app.storage.columns import Json


def engine_version(connection: Connection) -> str:
    """Return the version of the database engine."""
    return str(connection.scalar(text("SELECT sqlite_version()")))


def insert_or_replace(table: Table, row: Mapping[str, Any], key: Sequence[str]) -> Insert:
    """Return an INSERT of `row`; where a row of the same `key` is there, its columns take these values."""
    return insert(table).values(**row).on_conflict_do_update(index_elements=list(key), set_=dict(row))


def upsert(table: Table) -> Insert:
    """Return an INSERT whose rows take the place of those with the same primary key."""
    statement = insert(table)
    others = [column.name for column in table.c if not column.primary_key]
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key), set_={name: statement.excluded[name] for name in others}
    )


def only_where(condition: str) -> dict[str, Any]:
    """Return the options of an index on only those rows that meet a condition."""
    return {f"{database}_where": text(condition) for database in ("sqlite", "postgresql")}


def larger(first: ColumnElement[Any], second: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the larger one of two values of a row."""
    return func.max(first, second)


def json_of(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the value of a column as JSON text, null for NULL; a double to the last bit."""
    if isinstance(column.type, REAL):
        return case((column.is_(None), "null"), else_=func.printf("%!.17g", column))
    return func.json_quote(column)


def instant_text(column: str) -> str:
    """Return SQL for the ISO 8601 text, in UTC with microseconds, of a column of a PackedInstant."""
    seconds = f"strftime('%Y-%m-%dT%H:%M:%S', {column} / 1000000, 'unixepoch')"
    return f"{seconds} || printf('.%06dZ', {column} % 1000000)"


def column_names(connection: Connection, name: str) -> list[str]:
    """Return the columns of a table or a view of our own."""
    return [row.name for row in connection.exec_driver_sql(f"PRAGMA table_info({name})")]


def json_at(source: ColumnElement[Any], path: str) -> ColumnElement[Any]:
    """Return what stands at a path of a JSON text, as JSON text itself; null if nothing does."""
    return func.coalesce(type_coerce(source, Text()).op("->")(path), "null")


def joined(texts: ColumnElement[Any], between: str) -> ColumnElement[Any]:
    """Return the texts of all rows as one, in the order of the rows."""
    return func.group_concat(texts, between)


def less_room(room: ColumnElement[Any], taken: int) -> ColumnElement[Any]:
    """Return so many bytes less of what keeps room in a row."""
    return func.zeroblob(func.length(room) - taken)


def among(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Return whether a column has one of the values of a list, which is one parameter of this name.

    So the text of the statement is the same for lists of any length.
    """
    values = func.json_each(bindparam(name, type_=Json())).table_valued("value")
    return column.in_(select(values.c.value))


def json_has(source: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Return whether a JSON list of texts has the one that is the parameter of this name."""
    items = func.json_each(source).table_valued("value", joins_implicitly=True)
    return exists(select(items.c.value).where(items.c.value == bindparam(name)))
