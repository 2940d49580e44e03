"""The runs of a sweep that have not ended: how many, who holds them, which is furthest from where it shall go."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from app.domain.why import Hold, OpenRun, OpenRuns
from app.storage.moves import PAUSED, QUEUED, RUNNING
from app.storage.sweep_rows import sweep_key
from app.storage.tables import attempts, runs, trials

MOST_HOLDS = 20
"""Of so many workers is told what each holds."""

_LOST = ("lost", "signal", "error", "out_of_memory", "refused")


def of_sweep(connection: Connection, sweep: str) -> OpenRuns:
    """Return the open runs of a sweep. Raises NotFound."""
    key = sweep_key(connection, sweep)
    mine = runs.c.sweep_key == key
    losses = [_losses(connection, mine, state) for state in (QUEUED, RUNNING)]
    slowest = _slowest(connection, mine, RUNNING) or _slowest(connection, mine, QUEUED)
    return OpenRuns(
        queued=_count(connection, mine, QUEUED),
        training=_count(connection, mine, RUNNING),
        paused=_count(connection, mine, PAUSED),
        queued_since=_queued_since(connection, key),
        holds=_holds(connection, mine),
        slowest=slowest,
        lost_runs=sum(many for many, _ in losses),
        losses=sum(count for _, count in losses),
    )


def _count(connection: Connection, mine: ColumnElement[bool], state: ColumnElement[bool]) -> int:
    return connection.execute(select(func.count()).select_from(runs).where(mine, state)).scalar_one()


def _queued_since(connection: Connection, key: int) -> datetime | None:
    first = select(func.min(runs.c.trial)).where(runs.c.sweep_key == key, QUEUED).scalar_subquery()
    drawn = select(trials.c.created_at).where(trials.c.sweep_key == key, trials.c.number == first)
    return connection.execute(drawn).scalar()


def _holds(connection: Connection, mine: ColumnElement[bool]) -> Sequence[Hold]:
    count = func.count().label("runs")
    held: Any = (
        select(
            runs.c.worker,
            count,
            func.min(runs.c.leased_at).label("since"),
            func.min(runs.c.lease_until).label("lease_until"),
        )
        .where(mine, RUNNING)
        .group_by(runs.c.worker)
        .order_by(count.desc(), runs.c.worker)
        .limit(MOST_HOLDS)
    )
    return [Hold(**row._mapping) for row in connection.execute(held)]


def _slowest(connection: Connection, mine: ColumnElement[bool], state: ColumnElement[bool]) -> OpenRun | None:
    columns = runs.c.trial, runs.c.replicate, runs.c.epochs, runs.c.asked, runs.c.worker, runs.c.leased_at
    left = runs.c.asked - runs.c.epochs
    row = connection.execute(select(*columns).where(mine, state).order_by(left.desc(), runs.c.key).limit(1)).first()
    return None if row is None else OpenRun(*row)


def _losses(connection: Connection, mine: ColumnElement[bool], state: ColumnElement[bool]) -> tuple[int, int]:
    """Return how many runs in a state have lost a worker, and how often."""
    lost = (
        select(func.count(attempts.c.run_key.distinct()), func.count())
        .join(runs, runs.c.key == attempts.c.run_key)
        .where(mine, state, attempts.c.ending.in_(_LOST))
    )
    many, count = connection.execute(lost).one()
    return many, count
