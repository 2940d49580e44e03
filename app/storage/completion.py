"""Sweeps come to their end: all trials finished, or the time used up."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, exists, select

from app.domain.states import SweepState
from app.storage import moves
from app.storage.tables import segments, sweeps

_RUNNING = sweeps.c.state == SweepState.RUNNING.value


def complete_finished(connection: Connection, ids: Collection[str], now: datetime) -> list[str]:
    """Complete those of the sweeps whose trials are all drawn and finished; return their ids."""
    done = connection.execute(
        select(sweeps.c.id).where(
            sweeps.c.id.in_(list(ids)),
            _RUNNING,
            sweeps.c.drawn >= sweeps.c.budget_trials,
            ~exists().where(segments.c.sweep_id == sweeps.c.id),
        )
    )
    ended = list(done.scalars())
    for sweep in ended:
        moves.end_sweep(connection, sweep, SweepState.COMPLETED, "all trials of the budget finished", now)
    return ended


def end_overdue(connection: Connection, now: datetime) -> list[str]:
    """Complete the sweeps whose `budget.seconds` have passed since they started; return their ids."""
    timed = connection.execute(
        select(sweeps.c.id, sweeps.c.started_at, sweeps.c.budget_seconds).where(
            _RUNNING, sweeps.c.budget_seconds.is_not(None), sweeps.c.started_at.is_not(None)
        )
    )
    overdue = [row for row in timed.all() if now - row.started_at >= timedelta(seconds=row.budget_seconds)]
    for row in overdue:
        reason = f"the budget of {row.budget_seconds:g} seconds is used up"
        moves.end_sweep(connection, row.id, SweepState.COMPLETED, reason, now)
    return [row.id for row in overdue]
