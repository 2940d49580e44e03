"""Trials in the storage: single ones, pages that an index has in order, and what samplers learn from."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, and_, select

from app.domain.errors import NotFound
from app.domain.filters import Field, Position, TrialQuery
from app.domain.states import TrialState
from app.domain.trials import KeptModel, Trial
from app.storage import artifacts as artifact_rows
from app.storage import metrics, records
from app.storage.outcomes import parts
from app.storage.sweep_rows import sweep_key
from app.storage.tables import artifacts, models, runs, trials

_UNFINISHED = frozenset({TrialState.QUEUED, TrialState.RUNNING, TrialState.PAUSED, TrialState.CANCELLED})
_FINISHED = tuple(state for state in TrialState if state not in _UNFINISHED)


def find(connection: Connection, sweep: str, number: int) -> Trial:
    """Return the trial. Raises NotFound."""
    key = sweep_key(connection, sweep)
    row = connection.execute(select(trials).where(trials.c.sweep_key == key, trials.c.number == number)).first()
    if row is None:
        raise NotFound(f"The sweep {sweep} has no trial {number}, or it was not drawn yet.")
    return records.trial(sweep, row, metrics.slots(connection, "trials"))


def of_numbers(connection: Connection, sweep: str, numbers: Sequence[int]) -> list[Trial]:
    """Return the trials with these numbers, in this order."""
    found: dict[int, Trial] = {}
    key, slots = sweep_key(connection, sweep), metrics.slots(connection, "trials")
    for part in parts(numbers):
        rows = connection.execute(select(trials).where(trials.c.sweep_key == key, trials.c.number.in_(part)))
        found |= {row.number: records.trial(sweep, row, slots) for row in rows}
    return [found[number] for number in numbers]


def page_of_index(
    connection: Connection, sweep: str, query: TrialQuery, after: Position | None, limit: int
) -> list[tuple[Trial, Position]] | None:
    """Return up to `limit` trials after `after`, each with its position; None if no index has them in this order."""
    key = sweep_key(connection, sweep)
    if query.conditions:
        return None
    if query.sort == Field("number"):
        numbers = _numbers_of_page(connection, key, query, after, limit)
        return [(trial, Position(trial.number, trial.number)) for trial in of_numbers(connection, sweep, numbers)]
    if query.sort == Field("value") and not query.states:
        return _page_by_value(connection, sweep, key, query, after, limit)
    return None


def _numbers_of_page(
    connection: Connection, key: int, query: TrialQuery, after: Position | None, limit: int
) -> list[int]:
    """Return the numbers of a page in their order, of each state from the index."""
    order = trials.c.number.desc() if query.descending else trials.c.number
    statement = select(trials.c.number).where(trials.c.sweep_key == key).order_by(order).limit(limit)
    if after is not None:
        past = trials.c.number < after.number if query.descending else trials.c.number > after.number
        statement = statement.where(past)
    legs = [statement.where(trials.c.state == state.value) for state in set(query.states)] or [statement]
    found = [number for leg in legs for number in connection.execute(leg).scalars()]
    return sorted(found, reverse=query.descending)[:limit]


def _page_by_value(
    connection: Connection, sweep: str, key: int, query: TrialQuery, after: Position | None, limit: int
) -> list[tuple[Trial, Position]] | None:
    """Return a page of trials that have a value; None if there are not so many: no index has the others."""
    order = trials.c.value.desc() if query.descending else trials.c.value
    statement = select(trials).where(trials.c.sweep_key == key, trials.c.value.is_not(None))
    if after is None:
        legs = [statement]
    elif isinstance(after.key, int | float):
        legs = _beyond(statement, after.key, after.number, descending=query.descending)
    else:
        return None
    rows: list[records.AnyRow] = []
    for leg in legs:
        if len(rows) < limit:
            rows += connection.execute(leg.order_by(order, trials.c.number).limit(limit - len(rows))).all()
    if len(rows) < limit:
        return None
    slots = metrics.slots(connection, "trials")
    return [(records.trial(sweep, row, slots), Position(row.value, row.number)) for row in rows]


def _beyond(statement: Select[Any], value: float, number: int, *, descending: bool) -> list[Select[Any]]:
    """Return the statement for the trials after a place that have its value, and for those of further values."""
    further = trials.c.value < value if descending else trials.c.value > value
    return [statement.where(trials.c.value == value, trials.c.number > number), statement.where(further)]


def finished(connection: Connection, sweep: str, last: int | None = None) -> list[Trial]:
    """Return the finished trials of a sweep, or the last ones, in the order of their numbers."""
    key = sweep_key(connection, sweep)
    if last is not None:
        numbers = _numbers_of_page(connection, key, TrialQuery(_FINISHED, descending=True), None, last)
        return of_numbers(connection, sweep, numbers[::-1])
    statement = select(trials).where(trials.c.sweep_key == key, trials.c.state.in_([one.value for one in _FINISHED]))
    slots = metrics.slots(connection, "trials")
    return [records.trial(sweep, row, slots) for row in connection.execute(statement.order_by(trials.c.number))]


def stopped(connection: Connection, sweep: str) -> list[Trial]:
    """Return the trials of a sweep that are finished or paused, in the order of their numbers."""
    states = [state.value for state in (*_FINISHED, TrialState.PAUSED)]
    mine = trials.c.sweep_key == sweep_key(connection, sweep), trials.c.state.in_(states)
    slots = metrics.slots(connection, "trials")
    rows = connection.execute(select(trials).where(*mine).order_by(trials.c.number))
    return [records.trial(sweep, row, slots) for row in rows]


def model(connection: Connection, sweep: str, number: int) -> KeptModel | None:
    """Return the kept model of a trial with what its run, replicate 0, came to; None if there is none."""
    key = sweep_key(connection, sweep)
    row = connection.execute(
        select(models.c.made_with, artifacts.c.sha256, runs.c.key, runs.c.best_epoch, runs.c.epochs)
        .join(artifacts, artifacts.c.key == models.c.artifact_key)
        .join(runs, and_(runs.c.sweep_key == key, runs.c.trial == number, runs.c.replicate == 0))
        .where(models.c.sweep_key == key, models.c.trial == number)
    ).first()
    if row is None:
        return None
    weights = artifact_rows.read(connection, row.sha256)
    found = metrics.of_runs(connection, [row.key])[row.key]
    return KeptModel(weights, row.made_with, found, row.best_epoch, row.epochs)
