"""What SQLite says in words of its own: statements and functions that another database has under other names."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, bindparam, case, exists, func, select, text
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


def stored_kind(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return how the value of a column is stored: null, integer, real or text."""
    return func.typeof(column)


def json_kind(source: ColumnElement[Any], path: str) -> ColumnElement[Any]:
    """Return what stands at a path of a JSON text: null, true, false, integer, real, text, array or object."""
    return func.json_type(source, path)


def json_value(source: ColumnElement[Any], path: str) -> ColumnElement[Any]:
    """Return what stands at a path of a JSON text: truth values as 0 and 1, lists and objects as JSON text."""
    return func.json_extract(source, path)


def json_order(source: ColumnElement[Any], path: str) -> ColumnElement[Any]:
    """Return what stands at a path of a JSON text as it is sorted and compared: lists and objects by `sort_key`."""
    value = json_value(source, path)
    return case((json_kind(source, path).in_(["array", "object"]), func.sort_key(value)), else_=value)


def among(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Return whether a column has one of the values of a list, which is one parameter of this name.

    So the text of the statement is the same for lists of any length.
    """
    values = func.json_each(bindparam(name, type_=Json())).table_valued("value")
    return column.in_(select(values.c.value))


def json_has(source: ColumnElement[Any], text_value: str) -> ColumnElement[bool]:
    """Return whether a JSON list of texts has this one."""
    items = func.json_each(source).table_valued("value", joins_implicitly=True)
    return exists(select(items.c.value).where(items.c.value == text_value))
