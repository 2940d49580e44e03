"""Snapshots: what a plan follows from. For a kind that needs nothing, as much is read as there are counters."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, literal, literal_column, select

from app.domain.objectives import Direction, cost
from app.domain.plan import REFUND_BLOCK, Block, Held, Leader, Need, RunView, Snapshot, TrialView
from app.domain.states import OPEN, SweepState, TrialState
from app.domain.sweeps import SweepSpec
from app.storage import counts, histories, records, trial_rows
from app.storage.decisions import round_of
from app.storage.dialect import larger
from app.storage.moves import PAUSED, QUEUED, RUNNING
from app.storage.records import AnyRow
from app.storage.sweep_rows import sweep_row
from app.storage.tables import lineage, rung_values, runs, trials
from app.storage.taken_points import TakenPoints

_VIEW = (runs.c.key, runs.c.trial, runs.c.replicate, runs.c.state, runs.c.epochs, runs.c.asked, runs.c.value)


def take(
    connection: Connection, sweep: str, need: Need, horizon: int, points: TakenPoints, *, all_runs: bool = False
) -> Snapshot:
    """Return what a plan for this sweep follows from. Raises NotFound."""
    row = sweep_row(connection, sweep)
    spec = records.spec_from_json(row.spec)
    waiting = _waiting(connection, row.key, horizon)
    in_training = waiting > 0 or _any_leased(connection, row.key)
    changed = int(row.plan.get("space", 1)) != spec.space_version
    direction, best = spec.objective.direction, counts.best_value(connection, row.key)
    return Snapshot(
        **_standing(row, spec),
        waiting=waiting,
        in_training=in_training,
        best_cost=cost(best, direction),
        runs=_shown_runs(connection, row, direction, need, all_runs=all_runs)
        if all_runs or _shown(need, in_training=in_training, held=changed)
        else (),
        trials=_trials(connection, sweep, direction) if need is Need.ALL else (),
        earlier=histories.of_sweep(connection, row) if spec.history and need is Need.ALL else (),
        taken={} if spec.duplicates == "seed" else points.of(connection, row),
        held=_held(connection, row.key) if changed else (),
        this_round=_this_round(connection, row) if changed and need is Need.ALL else frozenset(),
        leaders=() if in_training else _leaders(connection, row, spec),
        block=None if spec.budget.epochs is None else _block(connection, row, in_training=in_training),
    )


def _standing(row: AnyRow, spec: SweepSpec) -> Mapping[str, Any]:
    return {
        "sweep": row.id,
        "version": row.plan_version,
        "state": SweepState(row.state),
        "spec": spec,
        "dataset_sha256": row.dataset_sha256,
        "budget": spec.budget,
        "drawn": row.drawn,
        "charged": row.charged_epochs,
        "seconds": row.used_seconds,
        "ending": row.ending,
        "reason": row.reason,
        "memory": row.plan,
        "points": tuple(row.enqueued),
    }


def _waiting(connection: Connection, key: int, horizon: int) -> int:
    """Count the queued runs, up to the horizon; at least one is looked for."""
    some = select(runs.c.key).where(runs.c.sweep_key == key, QUEUED).limit(max(horizon, 1)).subquery()
    return connection.execute(select(func.count()).select_from(some)).scalar_one()


def _any_leased(connection: Connection, key: int) -> bool:
    return connection.execute(select(runs.c.key).where(runs.c.sweep_key == key, RUNNING).limit(1)).first() is not None


def _shown(need: Need, *, in_training: bool, held: bool) -> bool:
    """Return whether runs are shown: while some train, to a kind that decides at any time, or for trials drawn anew."""
    return need is Need.LIVE or (need is not Need.NOTHING and not in_training) or (need is Need.ALL and held)


def _held(connection: Connection, key: int) -> tuple[Held, ...]:
    """Return the trials that are to be drawn anew; the sampler counts its own without those picked and heirs."""
    picked = select(trials.c.number).where(trials.c.sweep_key == key, trials.c.enqueued == literal_column("1"))
    heirs = select(lineage.c.trial).where(lineage.c.sweep_key == key)
    besides = sorted(connection.scalars(picked.union_all(heirs)))
    rows = connection.execute(
        select(trials.c.number, trials.c.params, trials.c.space_version, runs.c.asked)
        .join(runs, and_(runs.c.sweep_key == key, runs.c.trial == trials.c.number, runs.c.replicate == 0))
        .where(trials.c.sweep_key == key, trials.c.state == TrialState.PAUSED.value, runs.c.fence == 0, PAUSED)
        .order_by(trials.c.number)
    )
    return tuple(
        Held(row.number, row.number - bisect_left(besides, row.number), row.params, row.asked, row.space_version)
        for row in rows
    )


def _this_round(connection: Connection, row: AnyRow) -> frozenset[int]:
    mine = runs.c.sweep_key == row.key, runs.c.round > literal_column("0"), runs.c.round == round_of(row.plan)
    return frozenset(connection.scalars(select(runs.c.trial).where(*mine)))


def _shown_runs(
    connection: Connection, row: AnyRow, direction: Direction, need: Need, *, all_runs: bool
) -> tuple[RunView, ...]:
    """Return all runs, or those of rounds: for Need.ROUND those that the plan's memory asks for; others with rungs."""
    if all_runs:  # of the search: those that came later are not compared in it
        searched = runs.c.replicate < row.replicates
        return _runs(connection, row, direction, _rungs(connection, row.key, direction), searched)
    # A literal: SQLite uses a partial index only where it can see the index's own condition.
    of_rounds = runs.c.round > literal_column("0")
    if need is Need.ROUND:
        return _runs(connection, row, direction, {}, of_rounds, runs.c.round >= int(row.plan.get("since", 1)))
    return _runs(connection, row, direction, _rungs(connection, row.key, direction), of_rounds)


def _runs(
    connection: Connection,
    row: AnyRow,
    direction: Direction,
    rungs: Mapping[int, Sequence[tuple[int, float]]],
    *which: ColumnElement[bool],
) -> tuple[RunView, ...]:
    """Return those runs of a sweep that meet all conditions, with their rungs."""
    found = connection.execute(
        select(*_VIEW).where(runs.c.sweep_key == row.key, *which).order_by(runs.c.trial, runs.c.replicate)
    )
    return tuple(
        RunView(
            run.key,
            run.trial,
            run.replicate,
            TrialState(run.state),
            run.epochs,
            run.asked,
            cost(run.value, direction),
            rungs.get(run.key, ()),
        )
        for run in found
    )


def _rungs(connection: Connection, key: int, direction: Direction) -> dict[int, tuple[tuple[int, float], ...]]:
    """Return what the runs of a sweep had come to at their rungs, in the order of epochs, by their keys."""
    found: dict[int, tuple[tuple[int, float], ...]] = {}
    rows = connection.execute(
        select(rung_values)
        .join(runs, runs.c.key == rung_values.c.run_key)
        .where(runs.c.sweep_key == key)
        .order_by(rung_values.c.run_key, rung_values.c.epoch)
    )
    for row in rows:
        found[row.run_key] = (*found.get(row.run_key, ()), (row.epoch, cost(row.value, direction)))
    return found


def _trials(connection: Connection, sweep: str, direction: Direction) -> tuple[TrialView, ...]:
    finished = trial_rows.stopped(connection, sweep)
    return tuple(TrialView(trial.number, trial.params, trial.state, cost(trial.value, direction)) for trial in finished)


def _leaders(connection: Connection, row: AnyRow, spec: SweepSpec) -> tuple[Leader, ...]:
    """Return the best completed trials of a search that is to be confirmed and about to end.

    Those come first whose confirmation was cut short.
    """
    if spec.confirm is None or row.ending != SweepState.COMPLETED:
        return ()
    rising = trials.c.value.desc() if spec.objective.direction == "maximize" else trials.c.value
    mine = runs.c.sweep_key == row.key, runs.c.trial == trials.c.number
    asked = select(func.max(runs.c.asked)).where(*mine).scalar_subquery().label("asked")
    late = runs.c.replicate >= spec.trainings, runs.c.state == TrialState.CANCELLED.value
    cancelled = select(func.count()).where(*mine, *late).scalar_subquery().label("cancelled")
    found = connection.execute(
        select(trials.c.number, trials.c.replicates, asked, cancelled)
        .where(trials.c.sweep_key == row.key, trials.c.value.is_not(None))
        .where(trials.c.state == TrialState.COMPLETED.value, trials.c.same_as.is_(None))
        .order_by(literal_column("cancelled") == 0, rising, trials.c.number)
        .limit(spec.confirm.leaders)
    )
    return tuple(Leader(one.number, one.replicates, one.asked, one.cancelled) for one in found)


def _block(connection: Connection, row: AnyRow, *, in_training: bool) -> Block | None:
    """Return the next trials whose epochs can be refunded, None while one of them is not final."""
    first = int(row.plan.get("refunded", 0))
    end = (first // REFUND_BLOCK + 1) * REFUND_BLOCK
    end = end if in_training else min(end, row.drawn)
    if end > row.drawn or end <= first:
        return None
    mine = trials.c.sweep_key == row.key, trials.c.number >= first, trials.c.number < end
    unfinished = select(trials.c.number).where(*mine, trials.c.state.in_([state.value for state in OPEN])).limit(1)
    if connection.execute(unfinished).first() is not None:
        return None
    # One that inherits has at least the epochs of its ancestors, but if it diverged while those were trained again.
    own = larger(runs.c.epochs - func.coalesce(lineage.c.epoch, 0), literal(0))
    sums = connection.execute(
        select(func.coalesce(func.sum(runs.c.charged), 0), func.coalesce(func.sum(own), 0))
        .join(lineage, and_(lineage.c.sweep_key == runs.c.sweep_key, lineage.c.trial == runs.c.trial), isouter=True)
        .where(runs.c.sweep_key == row.key, runs.c.trial >= first, runs.c.trial < end)
    ).one()
    return Block(first, end, *sums)
