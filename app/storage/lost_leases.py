"""Holds that end without a result: given back, run out, or lost with their worker."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, update

from app.domain.policy import Policy
from app.domain.runs import Blame, Ending
from app.domain.states import TrialState
from app.domain.work import Decision, GivenBack
from app.storage import changes, moves, silence
from app.storage.leases import holds, named_runs, runs_where, why_stale
from app.storage.moves import PAUSED, QUEUED, RUNNING
from app.storage.records import AnyRow
from app.storage.tables import runs


@dataclass(frozen=True, slots=True)
class _Loss:
    """A hold that ends; one that the server itself ended is excused."""

    row: AnyRow
    ending: Ending
    reason: str | None

    @property
    def excused(self) -> bool:
        """Whether nobody is to blame."""
        return self.ending == "released"


def release(
    connection: Connection, policy: Policy, worker: str, items: Sequence[GivenBack], now: datetime
) -> list[Decision]:
    """Take back what a worker gives back: released without blame, a refusal counts as a loss.

    What it lost in silence, and would have given back, is not to blame for that: it was stopped, and is heard again.
    """
    rows = named_runs(connection, [item.lease for item in items])
    lost = {
        item.lease.run: _Loss(rows[item.lease.run], item.ending, item.reason)
        for item in items
        if holds(rows.get(item.lease.run), worker, item.lease)
    }
    _take_back(connection, policy, list(lost.values()), now)
    stale = [item.lease for item in items if item.ending == "released" and item.lease.run not in lost]
    silence.excuse(connection, policy, worker, stale)
    return [
        Decision(
            item.lease, "stop", "it was given back" if item.lease.run in lost else why_stale(rows.get(item.lease.run))
        )
        for item in items
    ]


def lose_expired(connection: Connection, policy: Policy, now: datetime) -> Mapping[str, int]:
    """Take back every run whose lease has run out; return how many of which workers."""
    return Counter(_lose(connection, policy, runs.c.lease_until < now, "lost", "the worker fell silent", now))


def lose_worker(connection: Connection, policy: Policy, worker: str, ending: Ending, reason: str, now: datetime) -> int:
    """Take back every run of a worker that died; return how many. What was parked there waits for no one."""
    count = len(_lose(connection, policy, runs.c.worker == worker, ending, reason, now))
    _forget_parked(connection, runs.c.worker == worker)
    return count


def recover(connection: Connection, policy: Policy, local_prefix: str, now: datetime, lease_until: datetime) -> None:
    """After a start of the server: take back what its former children held, give all other leases a fresh term.

    The children died with the server, which is not the fault of a run: nobody is blamed.
    """
    local = runs.c.worker.startswith(local_prefix, autoescape=True)
    _lose(connection, policy, local, "released", "the server stopped", now)
    _forget_parked(connection, local)
    connection.execute(update(runs).where(RUNNING).values(lease_until=lease_until))


def _forget_parked(connection: Connection, which: ColumnElement[bool]) -> None:
    """Note that no worker can go on from memory with open runs that nobody holds."""
    # One after the other: each has an index of its own.
    for state in (QUEUED, PAUSED):
        connection.execute(update(runs).where(state, which).values(worker=None))


def _lose(
    connection: Connection, policy: Policy, which: ColumnElement[bool], ending: Ending, reason: str, now: datetime
) -> list[str]:
    """Take back runs; return the worker of each."""
    rows = runs_where(connection, RUNNING & which)
    _take_back(connection, policy, [_Loss(row, ending, reason) for row in rows], now)
    return [row.worker for row in rows]


def _take_back(connection: Connection, policy: Policy, lost: Sequence[_Loss], now: datetime) -> None:
    if not lost:
        return
    held = _held(connection)
    rows = [_run_row(policy, loss, alone=held[loss.row.worker] == 1) for loss in lost]
    moves.end_holds(connection, rows)
    again = {one.row.sweep_key for one, row in zip(lost, rows, strict=True) if row["state"] == TrialState.QUEUED}
    changes.of(connection).queued(again)
    moves.add_attempts(connection, [moves.attempt_row(one.row, now, one.ending, one.reason) for one in lost])
    places = {(one.row.sweep_key, one.row.trial) for one in lost}
    moves.settle(connection, policy, places, now, {sweep for sweep, _ in places})


def _held(connection: Connection) -> Counter[str]:
    """Return how many runs each worker holds."""
    rows = connection.execute(select(runs.c.worker, func.count().label("held")).where(RUNNING).group_by(runs.c.worker))
    return Counter({row.worker: row.held for row in rows})


def _run_row(policy: Policy, loss: _Loss, *, alone: bool) -> dict[str, Any]:
    """Return what a run comes to: it is tried again, unless its sweep lets it go or it is to blame too often.

    It belongs to nobody then: who lost it has it no more, and who refused it should not be the first to get it again.
    """
    row, blame = loss.row, Blame(loss.row.losses, loss.row.alone_losses)
    if not loss.excused:
        blame = policy.after_loss(blame, alone=alone)
    state, reason = TrialState.QUEUED, None
    if row.ending is not None:
        state = TrialState.CANCELLED if row.recorded_fence is None else TrialState.COMPLETED
        reason = row.sweep_reason
    elif fatal := policy.fatal(blame):
        state, reason = TrialState.FAILED, fatal
    return {
        "key": row.key,
        "state": state.value,
        "worker": None,
        "value": None if state is TrialState.FAILED else row.value,
        "reason": reason,
        "losses": blame.losses,
        "alone_losses": blame.alone,
    }
