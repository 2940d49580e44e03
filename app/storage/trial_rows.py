"""Trials in the storage: single ones, pages that an index has in order, and what samplers learn from."""

import operator
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Connection, Select, and_, bindparam, func, literal_column, select

from app.domain.errors import NotFound
from app.domain.filters import Field, Position, TrialQuery
from app.domain.runs import WITHOUT_RESULT
from app.domain.states import OPEN, TrialState
from app.domain.trials import KeptModel, Trial
from app.domain.values import LARGEST_WHOLE
from app.storage import artifacts as artifact_rows
from app.storage import metrics, records
from app.storage.dialect import among
from app.storage.queries import Query
from app.storage.sweep_rows import sweep_key
from app.storage.tables import artifacts, models, runs, trials

_UNFINISHED = frozenset({TrialState.QUEUED, TrialState.RUNNING, TrialState.PAUSED, TrialState.CANCELLED})
_FINISHED = tuple(state for state in TrialState if state not in _UNFINISHED)

_MINE = trials.c.sweep_key == bindparam("sweep")
_UP_TO: BindParameter[int] = bindparam("limit")
_TOLD = select(*(column for column in trials.c if column not in {trials.c.sweep_key, trials.c.room})).where(_MINE)

_OF_NUMBER = Query(_TOLD.where(trials.c.number == bindparam("number")))
_OF_NUMBERS = Query(_TOLD.where(among(trials.c.number, "numbers")))
_FINISHED_ONES = Query(_TOLD.where(among(trials.c.state, "states")).order_by(trials.c.number))

_CONFIRMED = Query(_TOLD.where(trials.c.confirmed == literal_column("1")).order_by(trials.c.number))
_ENDED = tuple(state.value for state in TrialState if state not in OPEN | WITHOUT_RESULT)
_TRAININGS = Query(
    select(runs.c.trial, runs.c.replicate, runs.c.value, runs.c.best_epoch)
    .where(runs.c.sweep_key == bindparam("sweep"), among(runs.c.trial, "numbers"))
    .where(runs.c.value.is_not(None), among(runs.c.state, "states"))
    .order_by(runs.c.trial, runs.c.replicate)
)


@cache
def _by_number(*, descending: bool) -> Query:
    return Query(_numbered(_TOLD, descending=descending))


@cache
def _numbers_in_state(*, descending: bool) -> Query:
    of_state = select(trials.c.number).where(_MINE, trials.c.state == bindparam("state"))
    return Query(_numbered(of_state, descending=descending))


def _numbered(statement: Select[Any], *, descending: bool) -> Select[Any]:
    """Return the statement for a page in the order of numbers, after the number `after`."""
    past, order = (operator.lt, trials.c.number.desc()) if descending else (operator.gt, trials.c.number)
    return statement.where(past(trials.c.number, bindparam("after"))).order_by(order).limit(_UP_TO)


@cache
def _by_value(*, descending: bool) -> tuple[Query, Query, Query]:
    """Return what finds trials with values in order: the first ones, those of a place's value, those of further ones.

    That of a place is of the trials with its value and greater numbers.
    """
    further, order = (operator.lt, trials.c.value.desc()) if descending else (operator.gt, trials.c.value)
    statement = _TOLD.where(trials.c.value.is_not(None)).order_by(order, trials.c.number).limit(_UP_TO)
    same = statement.where(trials.c.value == bindparam("value"), trials.c.number > bindparam("number"))
    return Query(statement), Query(same), Query(statement.where(further(trials.c.value, bindparam("value"))))


def find(connection: Connection, sweep: str, number: int) -> Trial:
    """Return the trial. Raises NotFound."""
    row = _OF_NUMBER.first(connection, sweep=sweep_key(connection, sweep), number=number)
    if row is None:
        raise NotFound(f"The sweep {sweep} has no trial {number}, or it was not drawn yet.")
    return records.trial(sweep, row, metrics.slots(connection, "trials"))


def of_numbers(connection: Connection, sweep: str, numbers: Sequence[int]) -> list[Trial]:
    """Return the trials with these numbers, in this order."""
    rows = _OF_NUMBERS.rows(connection, sweep=sweep_key(connection, sweep), numbers=list(numbers))
    found = {trial.number: trial for trial in _trials(connection, sweep, rows)}
    return [found[number] for number in numbers]


def page_of_index(
    connection: Connection, sweep: str, query: TrialQuery, after: Position | None, limit: int
) -> list[tuple[Trial, Position]] | None:
    """Return up to `limit` trials after `after`, each with its position; None if no index has them in this order."""
    key = sweep_key(connection, sweep)
    if query.conditions:
        return None
    if query.sort == Field("number"):
        found = _page_by_number(connection, sweep, key, query, after, limit)
        return [(trial, Position(trial.number, trial.number)) for trial in found]
    if query.sort == Field("value") and not query.states:
        return _page_by_value(connection, sweep, key, query, after, limit)
    return None


def _page_by_number(
    connection: Connection, sweep: str, key: int, query: TrialQuery, after: Position | None, limit: int
) -> list[Trial]:
    place = {"sweep": key, "after": _number_before(query, after), "limit": limit}
    if query.states:
        return of_numbers(connection, sweep, _numbers_of_page(connection, query, place))
    return _trials(connection, sweep, _by_number(descending=query.descending).rows(connection, **place))


def _number_before(query: TrialQuery, after: Position | None) -> int:
    if after is not None:
        return after.number
    return LARGEST_WHOLE if query.descending else -1


def _numbers_of_page(connection: Connection, query: TrialQuery, place: Mapping[str, int]) -> list[int]:
    """Return the numbers of a page in their order, of each state from the index."""
    of_state = _numbers_in_state(descending=query.descending)
    rows = [row for state in set(query.states) for row in of_state.rows(connection, state=state.value, **place)]
    return sorted((row.number for row in rows), reverse=query.descending)[: place["limit"]]


def _page_by_value(
    connection: Connection, sweep: str, key: int, query: TrialQuery, after: Position | None, limit: int
) -> list[tuple[Trial, Position]] | None:
    """Return a page of trials that have a value; None if there are not so many: no index has the others."""
    if after is not None and not isinstance(after.key, int | float):
        return None
    first, same, further = _by_value(descending=query.descending)
    place: Mapping[str, Any] = {} if after is None else {"value": after.key, "number": after.number}
    rows: list[records.AnyRow] = []
    for leg in [first] if after is None else [same, further]:
        if len(rows) < limit:
            rows += leg.rows(connection, sweep=key, limit=limit - len(rows), **place)
    if len(rows) < limit:
        return None
    found = _trials(connection, sweep, rows)
    return [(trial, Position(trial.value, trial.number)) for trial in found]


def finished(connection: Connection, sweep: str, last: int | None = None) -> list[Trial]:
    """Return the finished trials of a sweep, or the last ones, in the order of their numbers."""
    key = sweep_key(connection, sweep)
    if last is None:
        return _trials(connection, sweep, _FINISHED_ONES.rows(connection, sweep=key, states=list(_FINISHED)))
    query = TrialQuery(_FINISHED, descending=True)
    return _page_by_number(connection, sweep, key, query, None, last)[::-1]


def _trials(connection: Connection, sweep: str, rows: Iterable[records.AnyRow]) -> list[Trial]:
    slots = metrics.slots(connection, "trials")
    return [records.trial(sweep, row, slots) for row in rows]


def stopped(connection: Connection, sweep: str) -> list[Trial]:
    """Return the trials of a sweep that are finished or paused, in the order of their numbers.

    Those that take the result of another one are left out.
    """
    states = [state.value for state in (*_FINISHED, TrialState.PAUSED)]
    mine = trials.c.sweep_key == sweep_key(connection, sweep), trials.c.state.in_(states), trials.c.same_as.is_(None)
    slots = metrics.slots(connection, "trials")
    rows = connection.execute(select(trials).where(*mine).order_by(trials.c.number))
    return [records.trial(sweep, row, slots) for row in rows]


# A literal: SQLite uses a partial index only where it can see the index's own condition.
_ENQUEUED = trials.c.enqueued == literal_column("1")


def enqueued(connection: Connection, sweep: str, first: int, count: int) -> list[int]:
    """Return the numbers of the trials that have hand-picked points, in their order: `count` from the `first` on."""
    mine = trials.c.sweep_key == sweep_key(connection, sweep), _ENQUEUED
    page = select(trials.c.number).where(*mine).order_by(trials.c.number).offset(first).limit(count)
    return list(connection.scalars(page))


def count_enqueued(connection: Connection, sweep: int) -> int:
    """Return how many trials have hand-picked points."""
    return connection.execute(
        select(func.count()).select_from(trials).where(trials.c.sweep_key == sweep, _ENQUEUED)
    ).scalar_one()


def confirmed(connection: Connection, sweep: str) -> list[Trial]:
    """Return the trials that were confirmed, by number: the leaders of a search that has ended."""
    return _trials(connection, sweep, _CONFIRMED.rows(connection, sweep=sweep_key(connection, sweep)))


def trainings(connection: Connection, sweep: str, numbers: Collection[int]) -> dict[int, dict[int, float]]:
    """Return the values of these trials' runs that have ended with one, by trial and replicate; some have none."""
    found: dict[int, dict[int, float]] = {number: {} for number in numbers}
    for row in _trained(connection, sweep, numbers):
        found[row.trial][row.replicate] = row.value
    return found


def best_epochs(connection: Connection, sweep: str, number: int) -> dict[int, int]:
    """Return the best epochs of a trial's runs that have ended with a value, by replicate."""
    return {row.replicate: row.best_epoch for row in _trained(connection, sweep, [number]) if row.best_epoch}


def _trained(connection: Connection, sweep: str, numbers: Collection[int]) -> Sequence[records.AnyRow]:
    key = sweep_key(connection, sweep)
    return _TRAININGS.rows(connection, sweep=key, numbers=list(numbers), states=list(_ENDED))


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
