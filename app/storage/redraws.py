"""Trials of another space: once it was changed, those that nobody has begun are held until they are drawn anew."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, exists, literal_column, or_, update

from app.domain.states import TrialState
from app.storage import changes
from app.storage.bulk import Bulk
from app.storage.kept_models import Place
from app.storage.moves import PAUSED, QUEUED, require, word
from app.storage.outcomes import parts
from app.storage.tables import runs, trials

_Row = Mapping[str, Any]

_REDRAW_TRIALS = Bulk(
    update(trials)
    .where(trials.c.sweep_key == bindparam("the_sweep"), trials.c.number == bindparam("the_number"))
    .where(trials.c.state == word(TrialState.PAUSED))
    .values(state=TrialState.QUEUED.value, space_version=bindparam("new_version"))
    .values(params=bindparam("new_params", type_=trials.c.params.type))
)
_REDRAW_RUNS = Bulk(
    update(runs)
    .where(runs.c.sweep_key == bindparam("the_sweep"), runs.c.trial == bindparam("the_number"))
    .where(runs.c.replicate == bindparam("the_replicate"), PAUSED, runs.c.fence == literal_column("0"))
    .values(state=TrialState.QUEUED.value, cohort=bindparam("new_cohort"))
    .values(asked=bindparam("new_asked"), charged=bindparam("new_asked"))
)


def hold_untouched(connection: Connection, sweep: int) -> list[int]:
    """Queued to paused: trials that nobody has begun, picked or bequeathed, to be drawn anew; return their numbers."""
    mine = runs.c.sweep_key == sweep, runs.c.trial == trials.c.number
    begun = exists().where(*mine, or_(runs.c.fence > 0, runs.c.epochs > 0, runs.c.state != word(TrialState.QUEUED)))
    held = connection.scalars(
        update(trials)
        .where(trials.c.sweep_key == sweep, trials.c.state == TrialState.QUEUED.value, trials.c.enqueued == 0, ~begun)
        .values(state=TrialState.PAUSED.value)
        .returning(trials.c.number)
    ).all()
    for part in parts(held):
        paused = update(runs).where(runs.c.sweep_key == sweep, QUEUED, runs.c.trial.in_(part))
        connection.execute(paused.values(state=TrialState.PAUSED.value))
    changes.of(connection).trials(sweep, held, TrialState.QUEUED.value, TrialState.PAUSED.value)
    return sorted(held)


def queue_redrawn(connection: Connection, sweep: int, redrawn: Sequence[_Row], again: Sequence[_Row]) -> None:
    """Paused to queued: held trials with other points, and their runs, which are charged what they are asked for.

    Each has `the_sweep` and `the_number`; a trial its `new_params` and `new_version`, a run `the_replicate`, its
    `new_cohort` and `new_asked`.
    """
    require(_REDRAW_TRIALS.run(connection, redrawn), len(redrawn), TrialState.QUEUED)
    require(_REDRAW_RUNS.run(connection, again), len(again), TrialState.QUEUED)
    numbers = [row["the_number"] for row in redrawn]
    changes.of(connection).trials(sweep, numbers, TrialState.PAUSED.value, TrialState.QUEUED.value)
    changes.of(connection).queued([sweep])


def cancel_held(connection: Connection, sweep: int, numbers: Sequence[int], reason: str) -> set[Place]:
    """Paused to cancelled: the runs of held trials for which there are no points; return their trials."""
    for part in parts(numbers):
        held = update(runs).where(runs.c.sweep_key == sweep, PAUSED, runs.c.fence == 0, runs.c.trial.in_(part))
        connection.execute(held.values(state=TrialState.CANCELLED.value, reason=reason))
    return {(sweep, number) for number in numbers}
