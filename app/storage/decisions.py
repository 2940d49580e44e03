"""Decisions in the storage: what plans and changed budgets did to a sweep, numbered 1, 2, ... in their order."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, func, insert, select

from app.domain.plan import StoredDecision
from app.storage import changes
from app.storage.sweep_rows import sweep_key
from app.storage.tables import decisions


def add_decisions(connection: Connection, key: int, made: Sequence[StoredDecision]) -> None:
    """Append decisions to those of a sweep; they get the next numbers, whatever theirs are."""
    last = connection.execute(
        select(func.coalesce(func.max(decisions.c.number), 0)).where(decisions.c.sweep_key == key)
    ).scalar_one()
    rows = [{**asdict(one), "sweep_key": key, "number": number} for number, one in enumerate(made, start=last + 1)]
    if rows:
        connection.execute(insert(decisions), rows)
        changes.of(connection).decided(key, range(last + 1, last + 1 + len(rows)))


def page(connection: Connection, sweep: str, after: int, limit: int) -> list[StoredDecision]:
    """Return up to `limit` decisions of a sweep, from the first one after number `after`. Raises NotFound."""
    rows = connection.execute(
        select(decisions)
        .where(decisions.c.sweep_key == sweep_key(connection, sweep), decisions.c.number > after)
        .order_by(decisions.c.number)
        .limit(limit)
    )
    return [StoredDecision(row.number, row.round, row.kind, tuple(row.trials), row.reason) for row in rows]


def round_of(memory: Mapping[str, Any]) -> int:
    """Return the round that a planner's memory tells, 0 if there is none."""
    return int(memory.get("round", 0))
