"""Trials that take the result of another one, which has the same point: they follow from it as trials do from runs."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, bindparam, func, literal_column, null, select, update

from app.domain.states import OPEN, TrialState
from app.storage import changes, metrics
from app.storage.dialect import among
from app.storage.kept_models import Place
from app.storage.queries import Query
from app.storage.records import AnyRow
from app.storage.tables import trials

_ORIGINAL = trials.alias("original")
# Literals, because a list of parameters cannot be repeated for many rows.
_FINAL: Sequence[ColumnElement[str]] = [literal_column(f"'{state.value}'") for state in TrialState if state not in OPEN]
_COPIED = ("state", "value", "best_epoch", "epochs", *(column.name for column in metrics.TRIAL_COLUMNS))

_TWIN = trials.c.sweep_key == bindparam("sweep"), trials.c.same_as.is_not(None)
_MINE = *_TWIN, among(trials.c.same_as, "numbers")
_NOW = bindparam("now", type_=trials.c.finished_at.type)
_TWINS = Query(select(trials.c.number, trials.c.state).where(*_MINE))
_COPY = (
    update(trials)
    .where(*_TWIN, _ORIGINAL.c.sweep_key == trials.c.sweep_key, _ORIGINAL.c.number == trials.c.same_as)
    .where(_ORIGINAL.c.state.in_(_FINAL))
    .values({name: _ORIGINAL.c[name] for name in _COPIED})
    .values(finished_at=func.coalesce(trials.c.finished_at, _NOW), room=null())
    .returning(trials.c.number, trials.c.state, trials.c.value)
)
_FOLLOW = Query(_COPY.where(among(trials.c.same_as, "numbers")))
_BEGIN = Query(_COPY.where(among(trials.c.number, "numbers")))
_WAIT = Query(
    update(trials)
    .where(*_MINE, trials.c.state == TrialState.CANCELLED.value)
    .values(state=TrialState.QUEUED.value, finished_at=null())
    .returning(trials.c.number)
)


def begin(connection: Connection, sweep: int, numbers: Collection[int], now: datetime) -> None:
    """Let these new trials take the results that they are to have, as far as those are final."""
    if numbers:
        taken = _BEGIN.rows(connection, sweep=sweep, numbers=list(numbers), now=now)
        _note(connection, sweep, taken, dict.fromkeys(numbers, TrialState.QUEUED.value))


def follow(connection: Connection, places: Collection[Place], now: datetime | None) -> None:
    """Let those trials follow that take the results of these, as far as these are final.

    It costs a look at an index where there are none.
    """
    for sweep, numbers in _by_sweep(places).items():
        before = {row.number: row.state for row in _TWINS.rows(connection, sweep=sweep, numbers=numbers)}
        if before:
            taken = _FOLLOW.rows(connection, sweep=sweep, numbers=numbers, now=now)
            _note(connection, sweep, taken, before)


def wait_again(connection: Connection, sweep: int, numbers: Collection[int]) -> None:
    """Let those trials wait that were cancelled with these, now that these wait again."""
    waiting = [row.number for row in _WAIT.rows(connection, sweep=sweep, numbers=list(numbers))]
    changes.of(connection).trials(sweep, waiting, TrialState.CANCELLED.value, TrialState.QUEUED.value)


def _note(connection: Connection, sweep: int, taken: Iterable[AnyRow], before: Mapping[int, str]) -> None:
    """Note the results that trials took, which were in these states before."""
    log = changes.of(connection)
    for row in taken:
        log.trials(sweep, [row.number], before[row.number], row.state)
        log.result(sweep, row.number, changes.Compared(row.value, TrialState(row.state)))


def _by_sweep(places: Collection[Place]) -> Mapping[int, list[int]]:
    numbers = defaultdict[int, list[int]](list)
    for sweep, number in places:
        numbers[sweep].append(number)
    return numbers
