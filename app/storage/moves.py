"""The one module that changes the state of a trial or a sweep.

Every change is an UPDATE that names the states it may come from, and the number of changed rows is checked:
an illegal move raises IllegalMove, and the writer takes back what was done with it.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, literal_column, update

from app.domain.states import SweepState, TrialState, sources, sweep_sources
from app.domain.trials import METRICS
from app.storage.tables import segments, sweeps, trials


class IllegalMove(Exception):  # noqa: N818 - it says what happened
    """A trial was not in a state from which the move is allowed: a fault of the program."""


def start_trials(connection: Connection, sweep: str, numbers: Collection[int], now: datetime) -> None:
    """Queued to running."""
    _move(connection, sweep, numbers, TrialState.RUNNING, {"started_at": now})


def requeue_trials(connection: Connection, sweep: str, numbers: Collection[int]) -> None:
    """Running to queued: the worker gave the trials back or was lost."""
    _move(connection, sweep, numbers, TrialState.QUEUED, {"started_at": None, "epochs": 0})


def fail_trials(connection: Connection, sweep: str, numbers: Collection[int], reason: str, now: datetime) -> None:
    """To failed, without a result."""
    _move(connection, sweep, numbers, TrialState.FAILED, {"reason": reason, "finished_at": now})


def record_results(connection: Connection, target: TrialState, results: Sequence[Mapping[str, Any]]) -> None:
    """Running to a final state; each of `results` has sweep_id, number and the columns of a result."""
    columns = (*METRICS, "value", "best_epoch", "epochs", "seconds", "reason", "fence", "finished_at")
    statement = (
        update(trials)
        .where(trials.c.sweep_id == bindparam("the_sweep"), trials.c.number == bindparam("the_number"))
        .where(_from(target))
        .values({"state": target.value, **{name: bindparam(f"new_{name}") for name in columns}})
    )
    rows = [
        {
            "the_sweep": result["sweep_id"],
            "the_number": result["number"],
            **{f"new_{name}": result.get(name) for name in columns},
        }
        for result in results
    ]
    if rows:
        _require(connection.execute(statement, rows).rowcount, len(rows), target)


def end_sweep(connection: Connection, sweep: str, target: SweepState, reason: str, now: datetime) -> bool:
    """To a final state; what is open in it is cancelled. Return False if the sweep had ended before."""
    allowed = [state.value for state in sweep_sources(target)]
    ended = connection.execute(
        update(sweeps)
        .where(sweeps.c.id == sweep, sweeps.c.state.in_(allowed))
        .values(state=target.value, reason=reason, finished_at=now)
    )
    if ended.rowcount == 0:
        return False
    connection.execute(delete(segments).where(segments.c.sweep_id == sweep))
    connection.execute(
        update(trials)
        .where(trials.c.sweep_id == sweep, _from(TrialState.CANCELLED))
        .values(state=TrialState.CANCELLED.value, reason=reason, finished_at=now)
    )
    return True


def _move(
    connection: Connection,
    sweep: str,
    numbers: Collection[int],
    target: TrialState,
    values: Mapping[str, Any],
) -> None:
    moved = connection.execute(
        update(trials)
        .where(trials.c.sweep_id == sweep, trials.c.number.in_(list(numbers)), _from(target))
        .values({"state": target.value, **values})
    )
    _require(moved.rowcount, len(numbers), target)


def _from(target: TrialState) -> ColumnElement[bool]:
    # Literals, because a list of parameters cannot be repeated for many rows.
    return trials.c.state.in_([literal_column(f"'{state}'") for state in sorted(sources(target))])


def _require(moved: int, wanted: int, target: TrialState) -> None:
    if moved != wanted:
        raise IllegalMove(f"{moved} of {wanted} trials could move to {target}; none was moved.")
