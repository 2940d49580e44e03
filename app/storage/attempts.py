"""Attempts in the storage: who held the runs of a trial, those that have ended and those that last."""

from typing import Any

from sqlalchemy import Connection, Select, literal_column, null, select

from app.domain.runs import Attempt
from app.storage.moves import RUNNING
from app.storage.sweep_rows import sweep_key
from app.storage.tables import attempts, runs

_ENDED: Select[Any] = select(
    runs.c.replicate,
    attempts.c.fence.label("number"),
    attempts.c.worker,
    attempts.c.started_at,
    attempts.c.ended_at,
    attempts.c.ending,
    attempts.c.reason,
    attempts.c.epochs,
).join(attempts, attempts.c.run_key == runs.c.key)
_LASTING: Select[Any] = select(
    runs.c.replicate, runs.c.fence, runs.c.worker, runs.c.leased_at, null(), null(), null(), runs.c.epochs
).where(RUNNING)


def of_trial(connection: Connection, sweep: str, number: int) -> list[Attempt]:
    """Return the attempts of a trial's runs, by replicate and number. Raises NotFound for the sweep."""
    mine = runs.c.sweep_key == sweep_key(connection, sweep), runs.c.trial == number
    both = _ENDED.where(*mine).union_all(_LASTING.where(*mine))
    rows = connection.execute(both.order_by(literal_column("replicate"), literal_column("number")))
    return [Attempt(**row._mapping) for row in rows]
