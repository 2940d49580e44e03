"""Leases: which of those that a worker names still hold, and what it is told about each."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, bindparam, select, update

from app.domain.policy import Policy
from app.domain.states import SweepState, TrialState
from app.domain.work import Decision, Lease
from app.storage import silence
from app.storage.bulk import Bulk
from app.storage.dialect import among
from app.storage.moves import RUNNING
from app.storage.queries import Query
from app.storage.records import AnyRow
from app.storage.tables import runs, sweeps, trials

Named = Mapping[int, AnyRow]
"""The rows of runs by their keys, each with what it needs of its sweep."""

_COLUMNS = (
    *(runs.c.key, runs.c.sweep_key, runs.c.trial, runs.c.replicate, runs.c.state, runs.c.asked, runs.c.epochs),
    *(runs.c.fence, runs.c.recorded_fence, runs.c.worker, runs.c.leased_at, runs.c.losses, runs.c.alone_losses),
    *(runs.c.value, runs.c.best_epoch, runs.c.seconds, runs.c.reason),
    *(runs.c.checkpoint_epoch, runs.c.checkpoint_sha256, runs.c.checkpoint_size),
    *(sweeps.c.state.label("sweep_state"), sweeps.c.ending, sweeps.c.reason.label("sweep_reason")),
    *(sweeps.c.metric, sweeps.c.direction, sweeps.c.diverged, sweeps.c.trainer, trials.c.replicates),
)

_TRIAL = and_(trials.c.sweep_key == runs.c.sweep_key, trials.c.number == runs.c.trial)
_ROWS = select(*_COLUMNS).join(sweeps, sweeps.c.key == runs.c.sweep_key).join(trials, _TRIAL)
# Statements that are made once: to make one takes as long as to run it.
_NAMED = Query(_ROWS.where(among(runs.c.key, "keys")))
_PUT_OFF = Bulk(
    update(runs).where(among(runs.c.key, "keys")).values(lease_until=bindparam("until", type_=runs.c.lease_until.type))
)

_HELD = (
    select(runs.c.worker, sweeps.c.id, runs.c.trial)
    .distinct()
    .join(sweeps, sweeps.c.key == runs.c.sweep_key)
    .where(RUNNING, runs.c.worker.in_(bindparam("workers", expanding=True)))
    .order_by(runs.c.worker, sweeps.c.id, runs.c.trial)
)


def named_runs(connection: Connection, leases: Collection[Lease]) -> Named:
    """Return the runs that leases name, also those that the leases have no right to any more."""
    keys = list({lease.run for lease in leases})
    return {row.key: row for row in _NAMED.rows(connection, keys=keys)}


def runs_where(connection: Connection, which: ColumnElement[bool]) -> Sequence[AnyRow]:
    """Return the runs that meet a condition, in the order of their keys."""
    return connection.execute(_ROWS.where(which).order_by(runs.c.key)).all()


def is_last(row: AnyRow | None, worker: str, lease: Lease) -> bool:
    """Return whether nobody leased the run since this worker did under this lease."""
    return row is not None and row.worker == worker and row.fence == lease.fence


def holds(row: AnyRow | None, worker: str, lease: Lease) -> bool:
    """Return whether the worker still holds the run under this lease."""
    return row is not None and row.state == TrialState.RUNNING and is_last(row, worker, lease)


def decide(rows: Named, worker: str, lease: Lease) -> Decision:
    """Return what the worker shall do with a leased run."""
    row = rows.get(lease.run)
    if row is None or not holds(row, worker, lease):
        return Decision(lease, "stop", why_stale(row))
    if row.ending is not None:
        return Decision(lease, "complete", f"the sweep ends: {row.sweep_reason}")
    if row.sweep_state == SweepState.PAUSED:
        return Decision(lease, "pause", "the sweep is paused")
    return Decision(lease, "continue")


def why_stale(row: AnyRow | None) -> str:
    """Return why a lease on this run holds no more."""
    if row is None:
        return "there is no such run: its sweep was deleted"
    if row.state == TrialState.PRUNED:
        return f"the run was pruned: {row.reason}"
    if row.sweep_state in {SweepState.RUNNING, SweepState.PAUSED}:
        return "the lease was lost: the run went back to the queue or has ended"
    return f"the sweep is {row.sweep_state}: {row.sweep_reason}"


def heartbeat(
    connection: Connection, policy: Policy, worker: str, leases: Sequence[Lease], lease_until: datetime
) -> list[Decision]:
    """Put off the end of those leases that still hold; decide for each."""
    rows = named_runs(connection, leases)
    held = {lease.run for lease in leases if holds(rows.get(lease.run), worker, lease)}
    if held:
        _PUT_OFF.run(connection, [{"keys": list(held), "until": lease_until}])
    silence.excuse(connection, policy, worker, [lease for lease in leases if lease.run not in held])
    return [decide(rows, worker, lease) for lease in leases]


def held_trials(connection: Connection, workers: Collection[str]) -> dict[str, dict[str, list[int]]]:
    """Return which trials of which sweeps each of these workers holds, by their names; some hold none."""
    found: dict[str, dict[str, list[int]]] = {}
    for row in connection.execute(_HELD, {"workers": list(workers)}):
        found.setdefault(row.worker, {}).setdefault(row.id, []).append(row.trial)
    return found
