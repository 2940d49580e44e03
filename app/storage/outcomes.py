"""Trials follow from their runs: whenever runs change, the state and the result of their trials are decided anew."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import TypeVar

from sqlalchemy import (
    Connection,
    Text,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    null,
    select,
    tuple_,
    type_coerce,
    update,
)

from app.domain.policy import Policy
from app.domain.runs import RunOutcome, TrialOutcome
from app.domain.states import OPEN, TrialState
from app.domain.work import Diverged, Metrics
from app.storage import changes, metrics, records, twins
from app.storage.bulk import Bulk
from app.storage.changes import Compared
from app.storage.dialect import larger
from app.storage.kept_models import Place
from app.storage.records import AnyRow
from app.storage.tables import attempts, runs, sweeps, trials

T = TypeVar("T")

PART = 4096
"""Rows that one statement names at most: a database bounds the parameters of a statement."""


def parts(items: Collection[T]) -> Iterator[Sequence[T]]:
    """Yield the items in parts that fit into a statement."""
    whole = list(items)
    for first in range(0, len(whole), PART):
        yield whole[first : first + PART]


TRIAL_TELLS = and_(
    *(trials.c.replicates == 1, runs.c.fence == 1, runs.c.recorded_fence == 1, runs.c.worker.is_not(None)),
    runs.c.state.in_([literal_column(f"'{state.value}'") for state in (TrialState.COMPLETED, TrialState.DIVERGED)]),
    ~exists().where(attempts.c.run_key == runs.c.key),
)
"""Of a run with its trial: whether the trial tells its only hold, its reason and its seconds. Most ended so."""

# Statements that are made once: to make one takes as long as to run it.
_RUNS_OF = (
    select(
        *(runs.c.sweep_key, runs.c.trial, runs.c.replicate, runs.c.key, runs.c.state, runs.c.value),
        *(runs.c.best_epoch, runs.c.epochs),
        # Of what the trial tells, its run has none.
        func.coalesce(runs.c.reason, case((TRIAL_TELLS, trials.c.reason))).label("reason"),
        case((TRIAL_TELLS, trials.c.seconds), else_=runs.c.seconds).label("seconds"),
        *(sweeps.c.diverged, sweeps.c.replicates.label("searched"), trials.c.state.label("trial_state")),
    )
    .join(sweeps, sweeps.c.key == runs.c.sweep_key)
    .join(trials, and_(trials.c.sweep_key == runs.c.sweep_key, trials.c.number == runs.c.trial))
    .where(tuple_(runs.c.sweep_key, runs.c.trial).in_(bindparam("places", expanding=True)))
    .order_by(runs.c.sweep_key, runs.c.trial, runs.c.replicate)
)
_RESULT = ("state", "value", "best_epoch", "epochs", "seconds", "reason")
_END = bindparam("new_end", type_=trials.c.finished_at.type)
_STORE = (
    update(trials)
    .where(trials.c.sweep_key == bindparam("the_sweep"), trials.c.number == bindparam("the_number"))
    .values({name: bindparam(f"new_{name}") for name in _RESULT})
    .values(finished_at=func.coalesce(trials.c.finished_at, _END), room=null())
)
_CONFIRM = Bulk(
    update(trials)
    .where(trials.c.sweep_key == bindparam("the_sweep"), trials.c.number == bindparam("the_number"))
    .values(confirmed=1)
)
_GET_FURTHER = Bulk(
    update(trials)
    .where(trials.c.sweep_key == bindparam("the_sweep"), trials.c.number == bindparam("the_number"))
    .values(epochs=larger(trials.c.epochs, bindparam("reached", type_=trials.c.epochs.type)))
)


def follow_runs(
    connection: Connection, policy: Policy, places: Collection[Place], now: datetime | None
) -> dict[Place, float | None]:
    """Let trials follow from their runs; return the values of those that are final.

    A final trial keeps its state, and is confirmed once runs that came after the search count. `now` is when those end
    that end with it; None where none can.
    """
    final: dict[Place, float | None] = {}
    for part in parts(places):
        found = _runs_of(connection, part)
        came_to = metrics.of_runs(connection, [row.key for rows in found.values() for row in rows])
        folds = _folds(connection, {row.sweep_key for rows in found.values() for row in rows if _came_later(row)})
        outcomes = {
            place: policy.outcome(
                [_outcome(row, came_to) for row in rows],
                rows[0].diverged,
                _final(rows[0].trial_state),
                folds.get(place[0], 1),
            )
            for place, rows in found.items()
        }
        _store_outcomes(connection, outcomes, now)
        confirmed = [place for place, rows in found.items() if outcomes[place].counted > rows[0].searched]
        _CONFIRM.run(connection, [{"the_sweep": sweep, "the_number": number} for sweep, number in confirmed])
        _note(connection, outcomes, {place: rows[0].trial_state for place, rows in found.items()}, confirmed)
        final |= _values(outcomes)
    twins.follow(connection, final, now)
    return final


def follow_only_runs(
    connection: Connection, policy: Policy, only: Mapping[Place, tuple[RunOutcome, Diverged]], now: datetime
) -> dict[Place, float | None]:
    """As `follow_runs`, for running trials of a single run, which the caller knows as it is now."""
    outcomes = {place: policy.outcome([run], diverged, None) for place, (run, diverged) in only.items()}
    _store_outcomes(connection, outcomes, now)
    _note(connection, outcomes, dict.fromkeys(only, TrialState.RUNNING.value))
    final = _values(outcomes)
    twins.follow(connection, final, now)
    return final


def _values(outcomes: Mapping[Place, TrialOutcome]) -> dict[Place, float | None]:
    return {place: one.value for place, one in outcomes.items() if one.state not in OPEN}


def get_further(connection: Connection, epochs: Sequence[tuple[Place, int]]) -> None:
    """Note how far runs of trials have come that train on: nothing else of the trials follows from that.

    A trial is as far as the furthest of its runs; what is told of it is the last that came in.
    """
    rows = [{"the_sweep": sweep, "the_number": number, "reached": reached} for (sweep, number), reached in epochs]
    _GET_FURTHER.run(connection, rows)
    for (sweep, number), reached in epochs:
        changes.of(connection).epochs(sweep, {number: reached})


def _runs_of(connection: Connection, places: Sequence[Place]) -> dict[Place, list[AnyRow]]:
    groups: dict[Place, list[AnyRow]] = defaultdict(list)
    for row in connection.execute(_RUNS_OF, {"places": places}):
        groups[row.sweep_key, row.trial].append(row)
    return groups


def _came_later(row: AnyRow) -> bool:
    """Return whether a run came after the search: folds matter for what counts of such ones alone."""
    return bool(row.replicate >= row.searched)


def _folds(connection: Connection, keys: Collection[int]) -> dict[int, int]:
    """Return into how many folds these sweeps cut their data, by their keys."""
    if not keys:
        return {}
    found = select(sweeps.c.key, type_coerce(sweeps.c.spec, Text()).label("spec")).where(sweeps.c.key.in_(keys))
    return {row.key: records.spec_of_text(row.spec).folds for row in connection.execute(found)}


def _final(state: str) -> TrialState | None:
    return None if state in OPEN else TrialState(state)


def _outcome(row: AnyRow, came_to: Mapping[int, Metrics]) -> RunOutcome:
    return RunOutcome(
        replicate=row.replicate,
        state=TrialState(row.state),
        value=row.value,
        metrics=came_to.get(row.key, {}),
        best_epoch=row.best_epoch,
        epochs=row.epochs,
        seconds=row.seconds,
        reason=row.reason,
    )


def _store_outcomes(connection: Connection, outcomes: Mapping[Place, TrialOutcome], now: datetime | None) -> None:
    measured = [one.metrics for one in outcomes.values()]
    packed = metrics.slots_for(connection, "trials", measured, "new_").rows(measured)
    rows = [
        {
            "the_sweep": sweep,
            "the_number": number,
            "new_state": one.state.value,
            "new_end": None if one.state in OPEN else now,
            "new_value": one.value,
            "new_best_epoch": one.best_epoch,
            "new_epochs": one.epochs,
            "new_seconds": one.seconds,
            "new_reason": one.reason,
            **columns,
        }
        for ((sweep, number), one), columns in zip(outcomes.items(), packed, strict=True)
    ]
    if rows:
        _store(tuple(packed[0])).run(connection, rows)


@lru_cache(maxsize=256)
def _store(given: tuple[str, ...]) -> Bulk:
    """Return what stores outcomes whose metrics need these columns; the others become null."""
    named = {column.name: f"new_{column.name}" for column in metrics.TRIAL_COLUMNS}
    return Bulk(_STORE.values({name: bindparam(new) if new in given else null() for name, new in named.items()}))


def _note(
    connection: Connection,
    outcomes: Mapping[Place, TrialOutcome],
    before: Mapping[Place, str],
    confirmed: Collection[Place] = (),
) -> None:
    log = changes.of(connection)
    for (sweep, number), one in outcomes.items():
        log.trials(sweep, [number], before[sweep, number], one.state.value)
        value = None if one.state in OPEN else one.value
        log.result(sweep, number, Compared(value, one.state, (sweep, number) in confirmed))
