"""Claims: which queued segments a worker gets, and the leases on them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, literal_column, select, update

from app.domain.queue import SUSPECT_LOSSES, Ask, Claimed, Grant, Shortage
from app.domain.states import SweepState
from app.domain.work import Lease
from app.storage import moves
from app.storage.kept_models import keep_below
from app.storage.records import AnyRow
from app.storage.tables import segments, sweeps, trials

# Literals: SQLite uses a partial index only where it can see the index's own condition.
QUEUED = segments.c.state == literal_column("'queued'")
LEASED = segments.c.state == literal_column("'leased'")

_HEALTHY = segments.c.losses < SUSPECT_LOSSES
_LOW_WATER = 0.875
"""New trials are drawn once the queue of a sweep is below this share of its horizon."""

Keys = Mapping[str, Sequence[int]]
"""Trial numbers by sweep."""


@dataclass(slots=True)
class _Choice:
    rows: list[AnyRow] = field(default_factory=list)
    shortages: list[Shortage] = field(default_factory=list)


def claim(connection: Connection, ask: Ask, now: datetime, lease_until: datetime, horizon: int) -> Grant:
    """Lease up to `ask.slots` segments: oldest sweep first, then cohorts the worker trains, then the fullest.

    A suspect segment (one that lost several workers) is given alone, to a worker that holds nothing else.
    """
    held, worst = _held(connection, ask.worker)
    if worst >= SUSPECT_LOSSES:
        return Grant()
    suspect = None if held else _suspect(connection)
    choice = _Choice([suspect]) if suspect else _choose(connection, ask, held, horizon)
    claimed = _lease(connection, choice.rows, ask.worker, now, lease_until)
    return Grant(claimed, choice.shortages, keep_below(connection, {item.lease.sweep for item in claimed}))


def by_sweep(leases: Sequence[Lease]) -> Keys:
    """Return the trial numbers of `leases`, grouped by sweep."""
    groups: dict[str, list[int]] = defaultdict(list)
    for lease in leases:
        groups[lease.sweep].append(lease.trial)
    return groups


def held_leases(connection: Connection, leases: Sequence[Lease]) -> set[Lease]:
    """Return those of `leases` that still hold: the segment is leased under the same fence."""
    held = set()
    for sweep, numbers in by_sweep(leases).items():
        rows = connection.execute(
            select(segments.c.trial, segments.c.fence).where(
                segments.c.sweep_id == sweep, segments.c.trial.in_(numbers), LEASED
            )
        )
        held |= {Lease(sweep, row.trial, row.fence) for row in rows}
    return held.intersection(leases)


def extend(connection: Connection, leases: Sequence[Lease], lease_until: datetime) -> set[Lease]:
    """Put off the end of those leases that still hold, and return them."""
    held = held_leases(connection, leases)
    for sweep, numbers in by_sweep(list(held)).items():
        connection.execute(
            update(segments)
            .where(segments.c.sweep_id == sweep, segments.c.trial.in_(numbers), LEASED)
            .values(lease_until=lease_until)
        )
    return held


def _held(connection: Connection, worker: str) -> tuple[int, int]:
    """Return how many segments the worker holds and the most losses that one of them had."""
    row = connection.execute(
        select(func.count(), func.coalesce(func.max(segments.c.losses), 0)).where(segments.c.worker == worker, LEASED)
    ).one()
    return row[0], row[1]


def _suspect(connection: Connection) -> AnyRow | None:
    return connection.execute(
        select(segments)
        .where(QUEUED, segments.c.losses >= SUSPECT_LOSSES)
        .order_by(segments.c.sweep_id, segments.c.trial)
        .limit(1)
    ).first()


def work_waits(connection: Connection) -> bool:
    """Return whether the queue has a segment that no worker holds."""
    return connection.execute(select(segments.c.trial).where(QUEUED).limit(1)).first() is not None


def _choose(connection: Connection, ask: Ask, held: int, horizon: int) -> _Choice:
    """Walk the running sweeps, oldest first, until the worker's share is reached."""
    choice, share = _Choice(), _share(connection, ask, held)
    running = connection.execute(
        select(sweeps.c.id, sweeps.c.drawn, sweeps.c.budget_trials)
        .where(sweeps.c.state == SweepState.RUNNING.value)
        .order_by(sweeps.c.id)
    )
    for sweep in running.all():
        rows = _of_sweep(connection, sweep.id, ask.cohorts, share - len(choice.rows))
        choice.rows += rows
        choice.shortages += _shortage(connection, sweep, horizon, len(rows))
        if len(choice.rows) >= share > 0:
            break
    return choice


def _share(connection: Connection, ask: Ask, held: int) -> int:
    """Return the most that the worker gets: its slots, or what it lacks of an even share of all that is open."""
    enough = ask.slots * ask.live_workers
    some = select(segments.c.trial).where(QUEUED, _HEALTHY).limit(enough).subquery()
    queued = connection.execute(select(func.count()).select_from(some)).scalar_one()
    leased = connection.execute(select(func.count()).where(LEASED)).scalar_one()
    lacking = -(-(queued + leased) // ask.live_workers) - held
    return max(min(ask.slots, queued, lacking), 0)


def _of_sweep(connection: Connection, sweep: str, cohorts: Sequence[str], limit: int) -> Sequence[AnyRow]:
    queued = and_(segments.c.sweep_id == sweep, QUEUED, _HEALTHY)
    sizes = select(segments.c.cohort, func.count().label("size")).where(queued).group_by(segments.c.cohort).subquery()
    return connection.execute(
        select(segments)
        .join(sizes, sizes.c.cohort == segments.c.cohort)
        .where(queued)
        .order_by(segments.c.cohort.in_(cohorts).desc(), sizes.c.size.desc(), segments.c.cohort, segments.c.trial)
        .limit(limit)
    ).all()


def _shortage(connection: Connection, sweep: AnyRow, horizon: int, taken: int) -> list[Shortage]:
    """Return what may be drawn for a sweep from whose queue `taken` segments are about to go."""
    left = sweep.budget_trials - sweep.drawn
    if left <= 0:
        return []
    waiting = select(func.count()).where(segments.c.sweep_id == sweep.id, QUEUED)
    queued = connection.execute(waiting).scalar_one() - taken
    if queued >= horizon * _LOW_WATER:
        return []
    return [Shortage(sweep.id, sweep.drawn, min(left, horizon - queued))]


def _lease(
    connection: Connection, rows: Sequence[AnyRow], worker: str, now: datetime, lease_until: datetime
) -> list[Claimed]:
    leases = [Lease(row.sweep_id, row.trial, row.fence + 1) for row in rows]
    params: dict[tuple[str, int], dict[str, Any]] = {}
    for sweep, numbers in by_sweep(leases).items():
        connection.execute(
            update(segments)
            .where(segments.c.sweep_id == sweep, segments.c.trial.in_(numbers), QUEUED)
            .values(state="leased", worker=worker, fence=segments.c.fence + 1, lease_until=lease_until)
        )
        moves.start_trials(connection, sweep, numbers, now)
        _start_sweep(connection, sweep, now)
        params |= _params(connection, sweep, numbers)
    return [
        Claimed(lease, params[lease.sweep, lease.trial], row.cohort, row.from_epoch, row.to_epoch)
        for lease, row in zip(leases, rows, strict=True)
    ]


def _start_sweep(connection: Connection, sweep: str, now: datetime) -> None:
    connection.execute(update(sweeps).where(sweeps.c.id == sweep, sweeps.c.started_at.is_(None)).values(started_at=now))


def _params(connection: Connection, sweep: str, numbers: Sequence[int]) -> dict[tuple[str, int], dict[str, Any]]:
    rows = connection.execute(
        select(trials.c.number, trials.c.params).where(trials.c.sweep_id == sweep, trials.c.number.in_(numbers))
    )
    return {(sweep, row.number): row.params for row in rows}
