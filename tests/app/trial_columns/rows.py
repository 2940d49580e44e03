"""Trials in a list, from which columns are filled."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from app.domain.filters import Field, Position, TrialQuery
from app.domain.values import Value
from app.trial_columns.column import BETWEEN
from app.trial_columns.pages import fields_of, page
from app.trial_columns.sweep_columns import SweepColumns
from tests.app.trial_columns.plain_scan import Row


class Rows:
    """The trials of a sweep, as they are now; it counts how many values were read of it."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = [dict(row) for row in rows]
        self.values_read = 0

    def count(self) -> int:
        """Return how many trials there are."""
        return len(self.rows)

    def read(self, fields: Sequence[Field], numbers: Sequence[int]) -> Mapping[Field, str]:
        """Return the values of these trials."""
        self.values_read += len(fields) * len(numbers)
        return {
            field: BETWEEN.join(_stored(field, self.rows[number].get(field)) for number in numbers) for field in fields
        }


def every_page(
    columns: SweepColumns, rows: Rows, query: TrialQuery, limit: int, shared: Mapping[str, Value] | None = None
) -> list[int]:
    """Return the numbers of all pages, one after the other."""
    found: list[int] = []
    after: Position | None = None
    while places := next_page(columns, rows, query, after, limit, shared or {}):
        assert len(places) <= limit
        found += [place.number for place in places]
        after = places[-1]
    return found


def next_page(
    columns: SweepColumns,
    rows: Rows,
    query: TrialQuery,
    after: Position | None,
    limit: int,
    shared: Mapping[str, Value],
) -> list[Position]:
    """Return a page of the trials as they are now."""
    columns.fill(fields_of(query, shared), rows)
    with columns.lock:
        count = columns.bring_up_to_date(rows)
        return page(columns, count, query, shared, after, limit)


def _stored(field: Field, value: Value) -> str:
    if field == Field("finished_at") and isinstance(value, str):
        value = (datetime.fromisoformat(value) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
