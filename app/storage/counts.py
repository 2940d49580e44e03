"""Counts of a sweep's trials by state, and its best trial: kept up with every commit, so that reading them never scans.

Both follow from what the jobs of the commit noted: `moves.py` and `outcomes.py` change the states of trials, and
`plans.py` draws them.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, literal_column, select, true, update

from app.domain.objectives import Direction, cost, value_of
from app.domain.order import Order
from app.domain.states import OPEN, TrialState
from app.domain.sweeps import Best
from app.storage.bulk import Bulk
from app.storage.changes import ChangeLog, Compared
from app.storage.dialect import among, insert_or_replace
from app.storage.queries import Query
from app.storage.records import AnyRow
from app.storage.tables import sweep_counts, sweeps, trials


@dataclass(frozen=True, slots=True)
class Standing:
    """How many trials that were drawn are in each state, and the best of those that are final."""

    counts: Mapping[TrialState, int]
    best: Best | None


# Statements that are made once: to make one takes as long as to run it.
_COUNT = Bulk(
    update(sweep_counts)
    .where(sweep_counts.c.sweep_key == bindparam("the_sweep"))
    .values({state.value: sweep_counts.c[state.value] + bindparam(f"more_{state.value}") for state in TrialState})
)
_TAKE_BEST = Bulk(
    update(sweep_counts)
    .where(sweep_counts.c.sweep_key == bindparam("the_sweep"))
    .values(best_value=bindparam("value"), best_trial=bindparam("number"))
)
_IS_BEST = and_(trials.c.sweep_key == sweep_counts.c.sweep_key, trials.c.number == sweep_counts.c.best_trial)
_KEPT = Query(
    select(
        *(sweep_counts.c.sweep_key, sweep_counts.c.best_trial, sweep_counts.c.best_value),
        *(sweeps.c.direction, trials.c.state, trials.c.confirmed),
    )
    .join(sweeps, sweeps.c.key == sweep_counts.c.sweep_key)
    .outerjoin(trials, _IS_BEST)
    .where(among(sweep_counts.c.sweep_key, "keys"))
)
_STANDING = Query(
    select(sweep_counts, trials.c.params, trials.c.state)
    .outerjoin(trials, _IS_BEST)
    .where(among(sweep_counts.c.sweep_key, "keys"))
)
_CANCELLED = Query(select(sweep_counts.c.cancelled).where(sweep_counts.c.sweep_key == bindparam("the_sweep")))
_BEST_VALUE = Query(select(sweep_counts.c.best_value).where(sweep_counts.c.sweep_key == bindparam("the_sweep")))


def of(connection: Connection, keys: Collection[int]) -> dict[int, Standing]:
    """Return the standing of each of these sweeps, by their keys."""
    rows = _STANDING.rows(connection, keys=list(keys))
    return {row.sweep_key: Standing(_counts(row), _best(row)) for row in rows}


def best_value(connection: Connection, key: int) -> float | None:
    """Return the value of the best final trial of a sweep; None while there is none."""
    found: float | None = _BEST_VALUE.first(connection, the_sweep=key).best_value
    return found


def cancelled(connection: Connection, key: int) -> int:
    """Return how many trials of a sweep are cancelled."""
    found: int = _CANCELLED.first(connection, the_sweep=key).cancelled
    return found


def miscounted(connection: Connection) -> list[int]:
    """Return the keys of the sweeps whose counts or best trial are not what a count of their trials gives."""
    return [key for key, counted in _recounted(connection).items() if counted != _stored(connection, key)]


def recount(connection: Connection) -> None:
    """Write the counts and the best trial of every sweep anew."""
    for key, (counts, best) in _recounted(connection).items():
        values = {"best_trial": best and best[0], "best_value": best and best[1]}
        row = {"sweep_key": key, **{state.value: counts[state] for state in TrialState}, **values}
        connection.execute(insert_or_replace(sweep_counts, row, ["sweep_key"]))


_Counted = tuple[dict[TrialState, int], tuple[int, float] | None]


def _recounted(connection: Connection) -> dict[int, _Counted]:
    found: dict[int, _Counted] = {}
    states = select(trials.c.sweep_key, trials.c.state, func.count().label("trials"))
    rows = connection.execute(states.group_by(trials.c.sweep_key, trials.c.state)).all()
    for sweep in connection.execute(select(sweeps.c.key, sweeps.c.direction).where(sweeps.c.deleted == 0)):
        mine = {TrialState(row.state): row.trials for row in rows if row.sweep_key == sweep.key}
        best = _look_up(connection, sweep.key, sweep.direction)
        found[sweep.key] = (
            {state: mine.get(state, 0) for state in TrialState},
            None if best is None else (best.number, value_of(best.cost, sweep.direction)),
        )
    return found


def _stored(connection: Connection, key: int) -> _Counted | None:
    row = connection.execute(select(sweep_counts).where(sweep_counts.c.sweep_key == key)).first()
    return None if row is None else (_counts(row), None if row.best_trial is None else (row.best_trial, row.best_value))


def keep(connection: Connection, log: ChangeLog) -> None:
    """Bring the counts and the best of all sweeps to where the changes of a commit have left them."""
    moved = {key: one.counts for key, one in log.sweeps.items() if any(one.counts.values())}
    _COUNT.run(
        connection,
        [
            {"the_sweep": key, **{f"more_{state.value}": differences[state.value] for state in TrialState}}
            for key, differences in moved.items()
        ],
    )
    results = {key: one.values for key, one in log.sweeps.items() if one.values}
    if results:
        _keep_best(connection, results)


def _keep_best(connection: Connection, results: Mapping[int, Mapping[int, Compared]]) -> None:
    """Compare the best with the trials that came to a result, or look for it where the best itself has changed."""
    rows = []
    for kept in _KEPT.rows(connection, keys=list(results)):
        values = results[kept.sweep_key]
        before = _best_before(kept)
        if before and before.number in values and values[before.number].value != kept.best_value:
            best = _look_up(connection, kept.sweep_key, kept.direction)
        else:
            ranked = [
                _order(one.value, one.state, number, kept.direction, one.confirmed)
                for number, one in values.items()
                if one.value is not None
            ]
            best = min([*ranked, before] if before else ranked, default=None)
        if best != before:
            value, number = (value_of(best.cost, kept.direction), best.number) if best else (None, None)
            rows.append({"the_sweep": kept.sweep_key, "value": value, "number": number})
    _TAKE_BEST.run(connection, rows)


def _best_before(kept: AnyRow) -> Order | None:
    if kept.best_trial is None:
        return None
    return _order(kept.best_value, kept.state, kept.best_trial, kept.direction, kept.confirmed)


def _order(value: float, state: str, number: int, direction: Direction, confirmed: object) -> Order:
    return Order.of(cost(value, direction), TrialState(state), number, confirmed=bool(confirmed))


def _look_up(connection: Connection, key: int, direction: Direction) -> Order | None:
    """Return the best final trial of a sweep by the index on their values: of those confirmed, if there are some."""
    confirmed = trials.c.confirmed == literal_column("1")
    return _look_among(connection, key, direction, confirmed) or _look_among(connection, key, direction, true())


def _look_among(connection: Connection, key: int, direction: Direction, which: ColumnElement[bool]) -> Order | None:
    final = trials.c.state.not_in([state.value for state in OPEN])
    mine = trials.c.sweep_key == key, trials.c.value.is_not(None), final, which
    rising = trials.c.value.desc() if direction == "maximize" else trials.c.value
    value = connection.scalar(select(trials.c.value).where(*mine).order_by(rising).limit(1))
    if value is None:
        return None
    equals = (
        select(trials.c.number, trials.c.state, trials.c.confirmed)
        .where(*mine, trials.c.value == value)
        .order_by(trials.c.number)
    )
    completed = connection.execute(equals.where(trials.c.state == TrialState.COMPLETED.value).limit(1)).first()
    row = completed or connection.execute(equals.limit(1)).one()
    return _order(value, row.state, row.number, direction, row.confirmed)


def _counts(row: AnyRow) -> dict[TrialState, int]:
    return {state: getattr(row, state.value) for state in TrialState}


def _best(row: AnyRow) -> Best | None:
    return None if row.best_trial is None else Best(row.best_trial, row.best_value, row.params, TrialState(row.state))
