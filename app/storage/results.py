"""What workers send in: epochs of running trials and the results of finished ones, guarded by their fences."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, bindparam, delete, select, update

from app.domain.states import SweepState, TrialState
from app.domain.sweeps import Objective
from app.domain.work import Epoch, Lease, Progress, Result
from app.storage import moves
from app.storage.claims import by_sweep, held_leases
from app.storage.completion import complete_finished
from app.storage.dialect import insert_new, json_value, larger
from app.storage.kept_models import Candidate, keep_below, keep_best
from app.storage.tables import epochs, segments, sweeps, trials

Outcome = Literal["recorded", "repeated", "stale"]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of each result, in their order, the new limits for weights, and the sweeps that ended with it.

    `held` are the leases of progress that still hold.
    """

    outcomes: list[Outcome]
    keep_below: dict[str, float]
    ended: list[str]
    held: set[Lease]


def report(connection: Connection, items: Sequence[Progress]) -> set[Lease]:
    """Store the epochs of those trials whose lease still holds, once each; return these leases."""
    held = held_leases(connection, [item.lease for item in items])
    kept = [item for item in items if item.lease in held and item.epochs]
    _add_epochs(connection, [(item.lease, item.epochs) for item in kept])
    if kept:
        connection.execute(
            update(trials)
            .where(trials.c.sweep_id == bindparam("the_sweep"), trials.c.number == bindparam("the_number"))
            .values(epochs=larger(trials.c.epochs, bindparam("last"))),
            [
                {
                    "the_sweep": item.lease.sweep,
                    "the_number": item.lease.trial,
                    "last": max(epoch.epoch for epoch in item.epochs),
                }
                for item in kept
            ],
        )
    return held


def finish(
    connection: Connection,
    items: Sequence[Result],
    weights: Mapping[Lease, bytes],
    progress: Sequence[Progress],
    now: datetime,
) -> Recorded:
    """Record each result whose lease still holds, once, with its curve and, if good enough, its weights.

    The `progress` of other trials is stored as by `report`.
    """
    reported = report(connection, progress) if progress else set()
    held = held_leases(connection, [item.lease for item in items])
    fresh = {item.lease: item for item in items if item.lease in held}
    _record(connection, list(fresh.values()), weights, now)
    ids = {lease.sweep for lease in fresh}
    ended = complete_finished(connection, ids, now)
    recorded_before = _recorded(connection, [item.lease for item in items if item.lease not in held])
    outcomes: list[Outcome] = []
    for item in items:
        new = fresh.pop(item.lease, None) is not None
        known = item.lease in held or item.lease in recorded_before
        outcomes.append("recorded" if new else "repeated" if known else "stale")
    return Recorded(outcomes, keep_below(connection, ids), ended, reported)


def stop_reasons(connection: Connection, leases: Collection[Lease]) -> dict[str, str]:
    """Return for each sweep of these lost leases why their trials shall stop."""
    rows = connection.execute(
        select(sweeps.c.id, sweeps.c.state, sweeps.c.reason).where(sweeps.c.id.in_({lease.sweep for lease in leases}))
    )
    found = {
        row.id: "the lease was lost: the trial went back to the queue or has ended"
        if row.state == SweepState.RUNNING
        else f"the sweep is {row.state}: {row.reason}"
        for row in rows
    }
    return {lease.sweep: found.get(lease.sweep, "there is no such sweep") for lease in leases}


def _record(connection: Connection, items: Sequence[Result], weights: Mapping[Lease, bytes], now: datetime) -> None:
    objectives = _objectives(connection, {item.lease.sweep for item in items})
    _add_epochs(connection, [(item.lease, item.curve) for item in items])
    rows: dict[TrialState, list[dict[str, Any]]] = defaultdict(list)
    candidates: dict[str, list[Candidate]] = defaultdict(list)
    for item in items:
        row = _row(item, objectives[item.lease.sweep], now)
        rows[TrialState(item.state)].append(row)
        if row["value"] is not None and item.lease in weights:
            candidate = Candidate(item.lease.trial, row["value"], weights[item.lease], item.made_with)
            candidates[item.lease.sweep].append(candidate)
    for state, results in rows.items():
        moves.record_results(connection, state, results)
    for sweep, numbers in by_sweep([item.lease for item in items]).items():
        connection.execute(delete(segments).where(segments.c.sweep_id == sweep, segments.c.trial.in_(numbers)))
    for sweep, group in candidates.items():
        keep_best(connection, sweep, group)


def _row(item: Result, objective: Objective, now: datetime) -> dict[str, Any]:
    """Return the columns of a result; only a trial that can be compared with others has a value."""
    comparable = item.state in {"completed", "pruned"} or (item.state, objective.diverged) == ("diverged", "best_epoch")
    return {
        "sweep_id": item.lease.sweep,
        "number": item.lease.trial,
        **item.metrics,
        "value": item.metrics.get(objective.metric) if comparable else None,
        "best_epoch": item.best_epoch,
        "epochs": item.epochs,
        "seconds": item.seconds,
        "reason": item.reason,
        "fence": item.lease.fence,
        "finished_at": now,
    }


def _add_epochs(connection: Connection, curves: Sequence[tuple[Lease, Sequence[Epoch]]]) -> None:
    rows = [
        {
            "sweep_id": lease.sweep,
            "trial": lease.trial,
            "epoch": epoch.epoch,
            "train_loss": epoch.train_loss,
            "dev_loss": epoch.dev_loss,
            "dev_error": epoch.dev_error,
            "dev_rmse": epoch.dev_rmse,
            "seconds": epoch.seconds,
            "gradient_norms": epoch.gradient_norms,
        }
        for lease, curve in curves
        for epoch in curve
    ]
    if rows:
        connection.execute(insert_new(epochs), rows)


def _objectives(connection: Connection, ids: Collection[str]) -> dict[str, Objective]:
    # The whole spec would take long to read: its space may have thousands of values.
    diverged = json_value(sweeps.c.spec, "$.objective.diverged").label("diverged")
    rows = connection.execute(select(sweeps.c.id, sweeps.c.metric, diverged).where(sweeps.c.id.in_(list(ids))))
    return {row.id: Objective(row.metric, diverged=row.diverged or "exclude") for row in rows}


def _recorded(connection: Connection, leases: Sequence[Lease]) -> set[Lease]:
    """Return those of `leases` under which a result was recorded."""
    found = set()
    for sweep, numbers in by_sweep(leases).items():
        rows = connection.execute(
            select(trials.c.number, trials.c.fence).where(
                trials.c.sweep_id == sweep, trials.c.number.in_(numbers), trials.c.fence.is_not(None)
            )
        )
        found |= {Lease(sweep, row.number, row.fence) for row in rows}
    return found.intersection(leases)
