"""Confirmations: more runs for trials that are final, once their search has ended."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, bindparam, insert, select, update

from app.domain.plan import Confirm, Leader
from app.domain.states import SweepState, TrialState
from app.storage import changes, lineage, metrics, moves
from app.storage.bulk import Bulk
from app.storage.moves import IllegalMove
from app.storage.outcomes import TRIAL_TELLS
from app.storage.records import AnyRow
from app.storage.run_rows import queued_run
from app.storage.tables import runs, sweeps, trials

_ADD_RUN = Bulk(insert(runs))


def add(connection: Connection, sweep: int, move: Confirm) -> int:
    """Queue so many more runs of each leader, and let the sweep go on that was about to end; return their epochs.

    Those that were cancelled are queued again, and were charged before.
    """
    moves.queue_unconfirmed(connection, sweep, [leader.trial for leader in move.leaders if leader.cancelled])
    first = [leader for leader in move.leaders if not leader.cancelled]
    numbers = [leader.trial for leader in first]
    _tell_apart(connection, sweep, numbers)
    begin = lineage.begin_after(connection, sweep, numbers)
    new = [
        row for leader in first for row in _new_runs(connection, sweep, leader, move.more, begin.get(leader.trial, 0))
    ]
    _ADD_RUN.run(connection, new)
    _give_runs(connection, sweep, numbers, move.more)
    goes_on = {"ending": None, "reason": move.reason}
    connection.execute(update(sweeps).where(sweeps.c.key == sweep).values(goes_on))
    changes.of(connection).sweep(sweep, SweepState.RUNNING.value)
    changes.of(connection).queued([sweep])
    return sum(row["charged"] for row in new)


def _new_runs(connection: Connection, sweep: int, leader: Leader, more: int, begins_after: int) -> list[dict[str, Any]]:
    """Return the rows of the next runs of a trial, each in the cohort of the run whose turn it takes.

    Those of a trial that goes on from others train the whole lineage with their own seeds.
    """
    mine = runs.c.sweep_key == sweep, runs.c.trial == leader.trial
    cohorts = connection.scalars(select(runs.c.cohort).where(*mine).order_by(runs.c.replicate)).all()
    if len(cohorts) != leader.runs:
        raise IllegalMove(f"Trial {leader.trial} has {len(cohorts)} runs, where {leader.runs} were shown.")
    numbers = range(leader.runs, leader.runs + more)
    return [
        queued_run(
            *(sweep, leader.trial, number, cohorts[number % leader.runs], leader.asked, 0), begins_after=begins_after
        )
        for number in numbers
    ]


def _give_runs(connection: Connection, sweep: int, numbers: Sequence[int], more: int) -> None:
    mine = trials.c.sweep_key == sweep, trials.c.number.in_(numbers), trials.c.state == TrialState.COMPLETED.value
    given = connection.execute(update(trials).where(*mine).values(replicates=trials.c.replicates + more)).rowcount
    if given != len(numbers):
        raise IllegalMove(f"Of the trials {list(numbers)} {given} are completed, and only such can be confirmed.")


def _tell_apart(connection: Connection, sweep: int, numbers: Sequence[int]) -> None:
    """Write to the only runs of trials what their trials tell of them so far: it is the trial's alone no more."""
    found = connection.execute(
        select(
            *(runs.c.key, runs.c.fence, runs.c.worker, runs.c.epochs, TRIAL_TELLS.label("told")),
            *(trials.c.started_at.label("leased_at"), trials.c.finished_at, trials.c.reason, trials.c.seconds),
        )
        .join(trials, and_(trials.c.sweep_key == runs.c.sweep_key, trials.c.number == runs.c.trial))
        .where(runs.c.sweep_key == sweep, runs.c.trial.in_(numbers), trials.c.replicates == 1)
    ).all()
    metrics.store_replicates(connection, metrics.of_runs(connection, [row.key for row in found]))
    told = [row for row in found if row.told]
    moves.add_attempts(connection, [_attempt(row) for row in told])
    for row in told:
        values = {"seconds": row.seconds, "reason": row.reason}
        connection.execute(update(runs).where(runs.c.key == bindparam("the_key")).values(values), {"the_key": row.key})


def _attempt(row: AnyRow) -> dict[str, Any]:
    return moves.attempt_row(row, row.finished_at, "finished", None)
