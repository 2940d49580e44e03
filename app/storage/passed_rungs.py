"""Rungs that runs pass without a pause, and what becomes of runs that are ended there: their stored epochs tell."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from math import fsum

from sqlalchemy import Connection, bindparam, delete, select

from app.domain.plan import Rungs
from app.domain.policy import Policy
from app.domain.runs import RunOutcome
from app.domain.states import TrialState
from app.domain.work import Epoch
from app.storage import dialect, kept_models, metrics, moves, records
from app.storage.bulk import Bulk
from app.storage.curves import Curves
from app.storage.kept_models import Changes, Place
from app.storage.leases import Named, runs_where
from app.storage.outcomes import follow_only_runs, follow_runs
from app.storage.queries import Query
from app.storage.records import AnyRow
from app.storage.tables import epochs, rung_values, runs

_CURVE = Query(
    select(epochs)
    .where(epochs.c.run_key == bindparam("run"), epochs.c.epoch <= bindparam("upto"))
    .order_by(epochs.c.epoch)
)
_SET_RUNG = Bulk(dialect.upsert(rung_values))


def note(connection: Connection, rows: Named, curves: Curves, rungs: Rungs) -> None:
    """Store what runs had come to at those of their rungs that `curves` brought, which are stored.

    One that tells of its first epoch begins anew: what an attempt before had come to counts no more.
    """
    _forget_before(connection, curves, [run for run in rungs if curves.brought(run, (1,))])
    passed = {run: new for run, those in rungs.items() if (new := curves.brought(run, those))}
    _SET_RUNG.run(connection, [one for run, new in passed.items() for one in _values(connection, rows[run], new)])


def _forget_before(connection: Connection, curves: Curves, begun: Sequence[int]) -> None:
    """Delete the rungs and the further epochs that earlier attempts of runs had come to."""
    if not begun:
        return
    connection.execute(delete(rung_values).where(rung_values.c.run_key.in_(begun)))
    reached = {run: max(curves.brought(run, range(1, curves.reached[run] + 1))) for run in begun}
    further = epochs.c.run_key == bindparam("run"), epochs.c.epoch > bindparam("last")
    connection.execute(delete(epochs).where(*further), [{"run": run, "last": last} for run, last in reached.items()])


def _values(connection: Connection, row: AnyRow, passed: Collection[int]) -> Iterator[Mapping[str, float]]:
    curve = _curve(connection, row, max(passed))
    for epoch in sorted(passed):
        if best := _best(row, [one for one in curve if one.epoch <= epoch]):
            yield {"run_key": row.key, "epoch": epoch, "value": _value(row, best)}


def _curve(connection: Connection, row: AnyRow, upto: int) -> list[Epoch]:
    """Return the stored epochs of a run."""
    slots = metrics.slots(connection, "epochs")
    return [records.epoch(one, slots) for one in _CURVE.rows(connection, run=row.key, upto=upto)]


def _value(row: AnyRow, epoch: Epoch) -> float:
    return float(str(epoch.metrics[row.metric]))


def _best(row: AnyRow, curve: Sequence[Epoch]) -> Epoch | None:
    """Return the first epoch of the best value, of those that have one."""
    sign = -1.0 if row.direction == "maximize" else 1.0
    compared = [one for one in curve if one.metrics.get(row.metric) is not None]
    return min(compared, key=lambda one: sign * _value(row, one), default=None)


def stop(connection: Connection, policy: Policy, reasons: Mapping[int, str], now: datetime) -> None:
    """Running to pruned, each run for a reason of its own: the best of its stored epochs is its result.

    The hold on it ends with it. Raises IllegalMove if one does not run.
    """
    if not reasons:
        return
    rows = runs_where(connection, runs.c.key.in_(list(reasons)))
    outcomes = {row.key: _outcome(row, _curve(connection, row, row.epochs), reasons[row.key]) for row in rows}
    moves.end_holds(connection, [_run_row(row, outcomes[row.key]) for row in rows])
    ended = [moves.attempt_row(row, now, "finished", reasons[row.key], epochs=outcomes[row.key].epochs) for row in rows]
    moves.add_attempts(connection, ended)
    several = [row for row in rows if row.replicates > 1]
    metrics.store_replicates(connection, {row.key: outcomes[row.key].metrics for row in several})
    only = {_place(row): (outcomes[row.key], row.diverged) for row in rows if row.replicates == 1}
    final = follow_only_runs(connection, policy, only, now)
    final |= follow_runs(connection, policy, {_place(row) for row in several}, now)
    kept_models.rank(connection, policy, {row.sweep_key for row in rows}, Changes(final=final))


def _outcome(row: AnyRow, curve: Sequence[Epoch], reason: str) -> RunOutcome:
    best = _best(row, curve)
    return RunOutcome(
        replicate=row.replicate,
        state=TrialState.PRUNED,
        value=_value(row, best) if best else None,
        metrics=best.metrics if best else {},
        best_epoch=best.epoch if best else None,
        epochs=max(one.epoch for one in curve),
        seconds=fsum(one.seconds for one in curve),
        reason=reason,
    )


def _run_row(row: AnyRow, outcome: RunOutcome) -> Mapping[str, object]:
    return {
        "key": row.key,
        "state": outcome.state.value,
        "value": outcome.value,
        "best_epoch": outcome.best_epoch,
        "epochs": outcome.epochs,
        "seconds": outcome.seconds,
        "reason": outcome.reason,
        "recorded_fence": row.fence,
        "losses": 0,
        "alone_losses": 0,
    }


def _place(row: AnyRow) -> Place:
    return row.sweep_key, row.trial
