"""Leases that end without a result: given back, run out, or lost with their worker."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, or_, select, update

from app.domain.queue import FATAL_LOSSES
from app.domain.work import Lease
from app.storage import moves
from app.storage.claims import LEASED, by_sweep, held_leases
from app.storage.completion import complete_finished
from app.storage.records import AnyRow
from app.storage.tables import epochs, segments


def release(connection: Connection, leases: Sequence[Lease]) -> set[Lease]:
    """Requeue the segments of those leases that still hold, without counting a loss; return the leases."""
    held = held_leases(connection, leases)
    for sweep, numbers in by_sweep(list(held)).items():
        _requeue(connection, sweep, numbers, loss=0)
    return held


def lose_expired(connection: Connection, now: datetime) -> int:
    """Take back every segment whose lease has run out; return how many."""
    return _lose(connection, segments.c.lease_until < now, now)


def lose_worker(connection: Connection, worker: str, now: datetime) -> int:
    """Take back every segment of a worker that died; return how many."""
    return _lose(connection, segments.c.worker == worker, now)


def recover(connection: Connection, local_prefix: str, lease_until: datetime) -> None:
    """After a start of the server: requeue what its former children held, give all other leases a fresh term.

    The children died with the server, which is not the fault of a trial: no loss is counted.
    """
    local = segments.c.worker.startswith(local_prefix, autoescape=True)
    for sweep, rows in _leased(connection, local).items():
        _requeue(connection, sweep, [row.trial for row in rows], loss=0)
    connection.execute(update(segments).where(LEASED).values(lease_until=lease_until))


def _lose(connection: Connection, which: ColumnElement[bool], now: datetime) -> int:
    lost = _leased(connection, which)
    for sweep, rows in lost.items():
        fatal = [row.trial for row in rows if row.losses + 1 >= FATAL_LOSSES]
        _requeue(connection, sweep, [row.trial for row in rows if row.trial not in fatal], loss=1)
        if fatal:
            _fail(connection, sweep, fatal, now)
    return sum(len(rows) for rows in lost.values())


def _leased(connection: Connection, which: ColumnElement[bool]) -> dict[str, list[AnyRow]]:
    rows = connection.execute(select(segments.c.sweep_id, segments.c.trial, segments.c.losses).where(LEASED, which))
    groups: dict[str, list[AnyRow]] = defaultdict(list)
    for row in rows.all():
        groups[row.sweep_id].append(row)
    return groups


def _requeue(connection: Connection, sweep: str, numbers: Collection[int], loss: int) -> None:
    if not numbers:
        return
    _forget_epochs(connection, sweep, numbers)
    moves.requeue_trials(connection, sweep, numbers)
    connection.execute(
        update(segments)
        .where(segments.c.sweep_id == sweep, segments.c.trial.in_(list(numbers)))
        .values(state="queued", worker=None, lease_until=None, losses=segments.c.losses + loss)
    )


def _fail(connection: Connection, sweep: str, numbers: Collection[int], now: datetime) -> None:
    """Give the trials up: whoever trained them died, again and again."""
    reason = f"{FATAL_LOSSES} workers died or fell silent while they trained this trial"
    _forget_epochs(connection, sweep, numbers)
    moves.fail_trials(connection, sweep, numbers, reason, now)
    connection.execute(delete(segments).where(segments.c.sweep_id == sweep, segments.c.trial.in_(list(numbers))))
    complete_finished(connection, [sweep], now)


def _forget_epochs(connection: Connection, sweep: str, numbers: Collection[int]) -> None:
    """Delete the epochs of the attempt that ends here: those after the segment's first."""
    first = (
        select(segments.c.from_epoch)
        .where(segments.c.sweep_id == sweep, segments.c.trial == epochs.c.trial)
        .scalar_subquery()
    )
    mine = and_(epochs.c.sweep_id == sweep, epochs.c.trial.in_(list(numbers)))
    connection.execute(delete(epochs).where(mine, or_(first.is_(None), epochs.c.epoch > first)))
