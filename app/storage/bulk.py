"""Statements for many rows, compiled once: SQLAlchemy's work for each row takes longer than the database's."""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeAlias, final

from sqlalchemy import Connection, Dialect, Insert, Update

Bind: TypeAlias = tuple[str, Any, Callable[[Any], Any] | None]
"""A parameter: its name, its value for rows that have none of it, and what makes a value what the driver takes."""


@final
class Bulk:
    """An INSERT or UPDATE for many rows that all have the same names.

    Measured with 64 results of one epoch each: a finish takes 0.6 times as long as with `Connection.execute`.
    """

    def __init__(self, statement: Insert | Update) -> None:
        self._statement = statement
        self._compiled: dict[tuple[str, ...], tuple[str, Sequence[Bind], bool]] = {}

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Run the statement for each row, and return how many rows of the table that changed."""
        if not rows:
            return 0
        text, binds, positional = self._for(connection.dialect, rows[0])
        # Column by column: a call for each value takes longer than SQLite does with it.
        made: Any = list(zip(*(_column(rows, *bind) for bind in binds), strict=True))
        if not positional:
            names = [name for name, _, _ in binds]
            made = [dict(zip(names, row, strict=True)) for row in made]
        return connection.exec_driver_sql(text, made).rowcount

    def _for(self, dialect: Dialect, row: Mapping[str, Any]) -> tuple[str, Sequence[Bind], bool]:
        # An INSERT names the columns that its rows have.
        names = list(row) if self._statement.is_insert else []
        made = dialect.name, *names
        if made not in self._compiled:
            compiled: Any = self._statement.compile(dialect=dialect, column_keys=names or None)
            used = compiled.positiontup if compiled.positional else list(compiled.binds)
            binds = [bind(dialect, name, compiled) for name in used]
            self._compiled[made] = str(compiled), binds, bool(compiled.positional)
        return self._compiled[made]


def _column(
    rows: Sequence[Mapping[str, Any]], name: str, default: Any, make: Callable[[Any], Any] | None
) -> Sequence[Any]:
    values: list[Any] = list(map(itemgetter(name), rows)) if name in rows[0] else [default] * len(rows)
    return values if make is None else [make(value) for value in values]


def bind(dialect: Dialect, name: str, compiled: Any) -> Bind:
    """Return a parameter of a statement that was compiled."""
    kind = compiled.binds[name].type.dialect_impl(dialect)
    return name, compiled.params.get(name), kind.bind_processor(dialect)
