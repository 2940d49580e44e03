"""Sweeps in the storage: created with their first trials, topped up, read with counts and best trial."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from app.domain.datasets import DatasetSummary
from app.domain.errors import Conflict, NotFound
from app.domain.queue import Drawn
from app.domain.space import Value
from app.domain.states import SweepState, TrialState
from app.domain.sweeps import Best, Sweep, SweepSpec
from app.storage import moves, records
from app.storage.records import AnyRow
from app.storage.tables import datasets, segments, sweeps, trials

_OPEN = (SweepState.RUNNING, SweepState.PAUSED)


def create(
    connection: Connection,
    sweep: str,
    spec: SweepSpec,
    posted: Mapping[str, Value],
    dataset: DatasetSummary,
    drawn: Sequence[Drawn],
    now: datetime,
) -> None:
    """Store a running sweep with its first trials. Raises Conflict if its data set has gone meanwhile."""
    current = connection.execute(
        select(datasets.c.sha256, datasets.c.artifact_key).where(datasets.c.name == dataset.name)
    ).first()
    if current is None or current.sha256 != dataset.sha256:
        raise Conflict(f'The data set "{dataset.name}" was deleted or replaced meanwhile. Try again.')
    row = {**_row(sweep, spec, posted, dataset, now), "artifact_key": current.artifact_key}
    connection.execute(insert(sweeps).values(row))
    add_trials(connection, sweep, 0, drawn, now)


def add_trials(connection: Connection, sweep: str, first: int, drawn: Sequence[Drawn], now: datetime) -> bool:
    """Queue the trials from number `first` on; return False if others did so before, or the sweep ended."""
    counted = connection.execute(
        update(sweeps)
        .where(sweeps.c.id == sweep, sweeps.c.drawn == first, sweeps.c.state == SweepState.RUNNING.value)
        .values(drawn=first + len(drawn))
    )
    if counted.rowcount == 0 or not drawn:
        return False
    connection.execute(insert(trials), [_trial_row(sweep, one, now) for one in drawn])
    connection.execute(insert(segments), [_segment_row(sweep, one) for one in drawn])
    return True


def cancel(connection: Connection, sweep: str, now: datetime) -> None:
    """Cancel the sweep and all that is open in it; a cancelled one stays so. Raises NotFound, Conflict."""
    if moves.end_sweep(connection, sweep, SweepState.CANCELLED, "cancelled on request", now):
        return
    state = _found(connection, sweep).state
    if state != SweepState.CANCELLED:
        raise Conflict(f"The sweep {sweep} is {state} and cannot be cancelled any more.")


def find(connection: Connection, sweep: str) -> Sweep:
    """Return the sweep. Raises NotFound."""
    return _sweeps(connection, [_found(connection, sweep)])[0]


def spec(connection: Connection, sweep: str) -> tuple[SweepSpec, DatasetSummary]:
    """Return what a sweep's trials follow from: its spec and its data set. Raises NotFound."""
    row = _found(connection, sweep)
    return records.spec_from_json(row.spec), records.summary_from_json(row.dataset_summary)


def page(connection: Connection, before: str | None, limit: int) -> Sequence[Sweep]:
    """Return up to `limit` sweeps, newest first, from the first one older than `before`."""
    older = [sweeps.c.id < before] if before is not None else []
    rows = connection.execute(select(sweeps).where(*older).order_by(sweeps.c.id.desc()).limit(limit))
    return _sweeps(connection, rows.all())


def _found(connection: Connection, sweep: str) -> AnyRow:
    row = connection.execute(select(sweeps).where(sweeps.c.id == sweep)).first()
    if row is None:
        raise NotFound(f'There is no sweep "{sweep}". GET /v1/sweeps lists them.')
    return row


def _sweeps(connection: Connection, rows: Sequence[AnyRow]) -> list[Sweep]:
    counts = _counts(connection, [row.id for row in rows])
    return [
        Sweep(
            id=row.id,
            state=SweepState(row.state),
            spec=records.spec_from_json(row.spec),
            posted=row.posted,
            dataset_sha256=row.dataset_sha256,
            created_at=row.created_at,
            started_at=row.started_at,
            finished_at=row.finished_at,
            reason=row.reason,
            counts=_whole(counts[row.id], row),
            best=_best(connection, row.id),
        )
        for row in rows
    ]


def _counts(connection: Connection, ids: Collection[str]) -> dict[str, dict[TrialState, int]]:
    rows = connection.execute(
        select(trials.c.sweep_id, trials.c.state, func.count())
        .where(trials.c.sweep_id.in_(list(ids)))
        .group_by(trials.c.sweep_id, trials.c.state)
    )
    counts: dict[str, dict[TrialState, int]] = defaultdict(dict)
    for sweep, state, count in rows:
        counts[sweep][TrialState(state)] = count
    return counts


def _whole(counts: Mapping[TrialState, int], row: AnyRow) -> dict[TrialState, int]:
    """Return a count for every state, in sum the budget: trials not yet drawn are queued, or cancelled."""
    undrawn = TrialState.QUEUED if row.state in _OPEN else TrialState.CANCELLED
    whole = {state: counts.get(state, 0) for state in TrialState}
    whole[undrawn] += row.budget_trials - row.drawn
    return whole


def _best(connection: Connection, sweep: str) -> Best | None:
    row = connection.execute(
        select(trials.c.number, trials.c.value, trials.c.params)
        .where(trials.c.sweep_id == sweep, trials.c.value.is_not(None))
        .order_by(trials.c.value, trials.c.number)
        .limit(1)
    ).first()
    return None if row is None else Best(row.number, row.value, row.params)


def _row(
    sweep: str, spec: SweepSpec, posted: Mapping[str, Value], dataset: DatasetSummary, now: datetime
) -> dict[str, Any]:
    return {
        "id": sweep,
        "name": spec.name,
        "state": SweepState.RUNNING.value,
        "dataset": dataset.name,
        "dataset_sha256": dataset.sha256,
        "dataset_summary": records.summary_to_json(dataset),
        "metric": spec.objective.metric,
        "seed": spec.seed,
        "budget_trials": spec.budget.trials,
        "budget_seconds": spec.budget.seconds,
        "keep_models": spec.keep_models,
        "drawn": 0,
        "spec": records.spec_to_json(spec),
        "posted": posted,
        "created_at": now,
    }


def _trial_row(sweep: str, drawn: Drawn, now: datetime) -> dict[str, Any]:
    return {
        "sweep_id": sweep,
        "number": drawn.number,
        "state": TrialState.QUEUED.value,
        "params": drawn.params,
        "epochs": 0,
        "seconds": 0.0,
        "created_at": now,
    }


def _segment_row(sweep: str, drawn: Drawn) -> dict[str, Any]:
    return {
        "sweep_id": sweep,
        "trial": drawn.number,
        "from_epoch": drawn.from_epoch,
        "to_epoch": drawn.to_epoch,
        "cohort": drawn.cohort,
        "state": "queued",
        "fence": 0,
        "losses": 0,
    }
