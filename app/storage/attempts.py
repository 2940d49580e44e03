"""Attempts in the storage: who held the runs of a trial, those that have ended and those that last."""

from typing import Any

from sqlalchemy import Connection, Select, and_, literal, literal_column, null, select

from app.domain.runs import Attempt
from app.storage.moves import RUNNING
from app.storage.outcomes import TRIAL_TELLS
from app.storage.sweep_rows import sweep_key
from app.storage.tables import attempts, runs, trials

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
_TOLD_BY_TRIAL: Select[Any] = (
    select(
        *(runs.c.replicate, runs.c.fence, runs.c.worker, trials.c.started_at, trials.c.finished_at),
        *(literal("finished"), trials.c.reason, runs.c.epochs),
    )
    .join(trials, and_(trials.c.sweep_key == runs.c.sweep_key, trials.c.number == runs.c.trial))
    .where(TRIAL_TELLS)
)


def of_trial(connection: Connection, sweep: str, number: int) -> list[Attempt]:
    """Return the attempts of a trial's runs, by replicate and number. Raises NotFound for the sweep."""
    mine = runs.c.sweep_key == sweep_key(connection, sweep), runs.c.trial == number
    all_ = _ENDED.where(*mine).union_all(_LASTING.where(*mine), _TOLD_BY_TRIAL.where(*mine))
    rows = connection.execute(all_.order_by(literal_column("replicate"), literal_column("number")))
    return [Attempt(**row._mapping) for row in rows]
