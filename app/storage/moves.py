"""Every change of the states of runs, trials and sweeps, but for trials of another space, which `redraws` has.

Every change of a run is an UPDATE that names the states it may come from, and the number of changed rows is checked: an
illegal move raises IllegalMove, and the writer takes back what was done with it. Trials follow from their runs.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    case,
    exists,
    func,
    insert,
    literal,
    literal_column,
    select,
    update,
)

from app.domain.policy import Policy
from app.domain.runs import Ending
from app.domain.states import OPEN, SweepState, TrialState, sources, sweep_sources
from app.storage import changes, kept_models, quotas, twins
from app.storage.bulk import Bulk
from app.storage.dialect import among, less_room
from app.storage.kept_models import Changes, Place
from app.storage.outcomes import follow_runs, parts
from app.storage.queries import Query
from app.storage.records import AnyRow
from app.storage.tables import attempts, runs, sweeps, trials

# Literals: SQLite uses a partial index only where it can see the index's own condition.
QUEUED = runs.c.state == literal_column("'queued'")
RUNNING = runs.c.state == literal_column("'running'")
PAUSED = runs.c.state == literal_column("'paused'")

HAS_RESULT = runs.c.recorded_fence.is_not(None)

_Row = Mapping[str, Any]
_NO_LEASE: Mapping[str, Any] = {"lease_until": None, "leased_at": None}


class IllegalMove(Exception):  # noqa: N818 - it says what happened
    """A run or a sweep was not in a state from which the move is allowed: a fault of the program."""


def word(state: TrialState) -> ColumnElement[str]:
    """Return a state as it is stored."""
    # Literals, because a list of parameters cannot be repeated for many rows.
    return literal_column(f"'{state.value}'")


def _from(target: TrialState) -> ColumnElement[bool]:
    return runs.c.state.in_([word(state) for state in sorted(sources(target))])


START_BYTES, RESULT_BYTES = 9, 48
"""What a trial takes more once it has started, and once it has ended: besides its metrics, 8 bytes each."""

# Statements that are made once: to make one takes as long as to run it.
_NOW = bindparam("now", type_=trials.c.started_at.type)
_START_RUNS = Query(
    update(runs)
    .where(among(runs.c.key, "keys"), _from(TrialState.RUNNING))
    .values(state=TrialState.RUNNING.value, fence=runs.c.fence + 1, reason=None)
    .values(worker=bindparam("worker"), leased_at=bindparam("now"), lease_until=bindparam("until"))
    .returning(runs.c.key, runs.c.fence, runs.c.sweep_key, runs.c.trial)
)
_START = (
    update(trials)
    .where(trials.c.sweep_key == bindparam("the_sweep"), among(trials.c.number, "numbers"))
    .values(state=TrialState.RUNNING.value, started_at=func.coalesce(trials.c.started_at, _NOW))
    .values(room=less_room(trials.c.room, START_BYTES))
    .returning(trials.c.number)
)
_START_TRIALS = {
    state.value: Query(_START.where(trials.c.state == word(state))) for state in (TrialState.QUEUED, TrialState.PAUSED)
}
_PRUNE = Bulk(
    update(runs)
    .where(runs.c.key == bindparam("the_key"), PAUSED)
    .values(state=TrialState.PRUNED.value, reason=bindparam("new_reason"))
)
_ADD_ATTEMPT = Bulk(insert(attempts))


# Runs


def start_runs(
    connection: Connection, keys: Collection[int], worker: str, now: datetime, lease_until: datetime
) -> dict[int, int]:
    """Queued to running: lease these runs to a worker; return their fences. Their trials run with them."""
    started = _START_RUNS.rows(connection, keys=list(keys), worker=worker, now=now, until=lease_until)
    require(len(started), len(keys), TrialState.RUNNING)
    for sweep in {row.sweep_key for row in started}:
        _start_trials(connection, sweep, {row.trial for row in started if row.sweep_key == sweep}, now)
    return {row.key: row.fence for row in started}


def _start_trials(connection: Connection, sweep: int, numbers: Collection[int], now: datetime) -> None:
    """Let trials run that are queued or paused; those that run already, or are final, stay as they are."""
    others = set(numbers)
    for before, statement in _START_TRIALS.items():
        if others:
            moved = [row.number for row in statement.rows(connection, the_sweep=sweep, numbers=list(others), now=now)]
            changes.of(connection).trials(sweep, moved, before, TrialState.RUNNING.value)
            others -= set(moved)


def end_holds(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Running to any other state: write what the runs come to when the holds on them end.

    Each of `rows` has the run's `key`, its new `state` and the same further columns as the others.
    """
    if not rows:
        return
    names = tuple(name for name in rows[0] if name != "key")
    values = [{"the_key": row["key"]} | {f"new_{name}": row[name] for name in names} for row in rows]
    moved = _end_holds(names).run(connection, values)
    require(moved, len(rows), "another state")


@cache
def _end_holds(names: tuple[str, ...]) -> Bulk:
    columns: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    return Bulk(update(runs).where(runs.c.key == bindparam("the_key"), RUNNING).values({**columns, **_NO_LEASE}))


def attempt_row(
    row: AnyRow,
    now: datetime,
    ending: Ending,
    reason: str | None,
    *,
    epochs: int | None = None,
    note: str | None = None,
) -> dict[str, Any]:
    """Return the attempt that ends now with the hold on a run; `note` is what came out otherwise than before."""
    told = [text for text in (row.reason, note, reason) if text]
    return {
        "run_key": row.key,
        "fence": row.fence,
        "worker": row.worker,
        "started_at": row.leased_at,
        "ended_at": now,
        "ending": ending,
        "reason": "; ".join(dict.fromkeys(told)) or None,
        "epochs": row.epochs if epochs is None else epochs,
    }


def add_attempts(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write down holds that end: rows of `attempt_row`."""
    _ADD_ATTEMPT.run(connection, rows)


def queue_on(connection: Connection, keys: Collection[int], to_epoch: int, round_: int) -> set[Place]:
    """Paused to queued: let these runs go on to another epoch, and charge it; return their trials.

    Give these to `follow_runs`.
    """
    further = {"asked": to_epoch, "charged": runs.c.charged + to_epoch - runs.c.asked, "round": round_, "reason": None}
    places = _move(connection, keys, PAUSED, TrialState.QUEUED, further)
    changes.of(connection).queued({sweep for sweep, _ in places})
    return places


def queue_interrupted(connection: Connection, sweep: int) -> set[Place]:
    """Paused to queued: those runs of a sweep that were paused on the way to their epoch; return their trials."""
    moved = connection.execute(
        update(runs)
        # What nobody has begun is held to be drawn anew.
        .where(runs.c.sweep_key == sweep, PAUSED, runs.c.epochs < runs.c.asked, runs.c.fence > 0)
        .values(state=TrialState.QUEUED.value, reason=None)
        .returning(runs.c.trial)
    )
    changes.of(connection).queued([sweep])
    return {(sweep, trial) for trial in moved.scalars()}


def queue_cancelled(connection: Connection, sweep: int, drawn_from: int) -> None:
    """Cancelled to queued: what the end of a sweep cancelled outside rounds, now that it is to go on.

    What was to be drawn anew from this version of the space, and found no point there, stays cancelled.
    """
    cancelled = runs.c.sweep_key == sweep, runs.c.state == word(TrialState.CANCELLED), runs.c.round == 0
    surplus = and_(trials.c.space_version < drawn_from, trials.c.enqueued == 0, trials.c.started_at.is_(None))
    again: dict[str, Any] = {"state": TrialState.QUEUED.value, "reason": None}
    reopened = connection.scalars(
        update(trials)
        .where(trials.c.sweep_key == sweep, trials.c.state == TrialState.CANCELLED.value)
        .where(trials.c.number.in_(select(runs.c.trial).where(*cancelled)), ~surplus)
        .values(**again, finished_at=None)
        .returning(trials.c.number)
    ).all()
    changes.of(connection).trials(sweep, reopened, TrialState.CANCELLED.value, TrialState.QUEUED.value)
    twins.wait_again(connection, sweep, reopened)
    changes.of(connection).queued([sweep])
    for part in parts(reopened):
        connection.execute(update(runs).where(*cancelled, runs.c.trial.in_(part)).values(again))


def queue_unconfirmed(connection: Connection, sweep: int, numbers: Sequence[int]) -> None:
    """Cancelled to queued: runs of these trials, which are completed: of such ones only those to confirm it can be."""
    cancelled = runs.c.sweep_key == sweep, runs.c.trial.in_(numbers), runs.c.state == word(TrialState.CANCELLED)
    again = update(runs).where(*cancelled).values(state=TrialState.QUEUED.value, reason=None).returning(runs.c.trial)
    require(len(set(connection.scalars(again))), len(numbers), TrialState.QUEUED)


def prune(connection: Connection, reasons: Mapping[int, str]) -> None:
    """Paused to pruned, each run for a reason of its own: the best epoch so far is the result."""
    rows = [{"the_key": key, "new_reason": reason} for key, reason in reasons.items()]
    require(_PRUNE.run(connection, rows), len(rows), TrialState.PRUNED)


def _move(
    connection: Connection,
    keys: Collection[int],
    source: ColumnElement[bool],
    target: TrialState,
    values: Mapping[str, Any],
) -> set[Place]:
    places: list[Place] = []
    for part in parts(keys):
        moved = connection.execute(
            update(runs)
            .where(runs.c.key.in_(part), source)
            .values({"state": target.value, **values})
            .returning(runs.c.sweep_key, runs.c.trial)
        )
        places += [(row.sweep_key, row.trial) for row in moved]
    require(len(places), len(keys), target)
    return set(places)


# Sweeps


def move_sweep(connection: Connection, sweep: int, target: SweepState, values: Mapping[str, Any]) -> bool:
    """Change the state of a sweep, and other columns with it; False if its state forbids that."""
    allowed = [state.value for state in sweep_sources(target)]
    moved = connection.execute(
        update(sweeps)
        .where(sweeps.c.key == sweep, sweeps.c.state.in_(allowed))
        .values({"state": target.value, **values})
    )
    if moved.rowcount == 0:
        return False
    changes.of(connection).sweep(sweep, target.value)
    return True


def end_sweep(
    connection: Connection,
    policy: Policy,
    sweep: int,
    target: SweepState,
    reason: str,
    now: datetime,
    *,
    final: bool = True,
) -> bool:
    """End a sweep and keep what its runs came to; False while it awaits those in training, or if that is not `final`.

    Queued and paused runs are completed with what a pause handed in, or cancelled. Runs in training are told to
    complete with their best epoch: until they have ended the sweep is `ending`, and a paused one runs again for that.
    Those that are to confirm a trial are cancelled instead: cut short, they would tell against it. Call it again once
    none is left. Raises IllegalMove if the sweep has ended.
    """
    _cancel_confirming(connection, sweep, reason, now)
    _cancel_untouched(connection, sweep, reason, now)
    settle(connection, policy, _let_go(connection, sweep, reason), now, [sweep])
    if not final or _in_training(connection, sweep):
        values = {"state": SweepState.RUNNING.value, "ending": target.value, "reason": reason}
        open_ = sweeps.c.state.in_([SweepState.RUNNING.value, SweepState.PAUSED.value])
        moved = connection.execute(update(sweeps).where(sweeps.c.key == sweep, open_).values(values)).rowcount
        require(moved, 1, target)
        changes.of(connection).sweep(sweep, SweepState.RUNNING.value)
        return False
    ended = move_sweep(connection, sweep, target, {"reason": reason, "ending": None, "finished_at": now})
    require(int(ended), 1, target)
    quotas.settle(connection, sweep)
    return True


def cancel_sweep(connection: Connection, policy: Policy, sweep: int, reason: str, now: datetime) -> bool:
    """Cancel a sweep with all that is open in it, also what is in training; False if it had ended."""
    values = {"reason": reason, "ending": None, "finished_at": now}
    if not move_sweep(connection, sweep, SweepState.CANCELLED, values):
        return False
    _cancel_untouched(connection, sweep, reason, now)
    cancelled = _cancel(connection, and_(runs.c.sweep_key == sweep, _from(TrialState.CANCELLED)), reason, now)
    settle(connection, policy, {(sweep, trial) for trial in cancelled}, now, [sweep])
    quotas.settle(connection, sweep)
    return True


def settle(
    connection: Connection, policy: Policy, places: Collection[Place], now: datetime, ranked: Collection[int]
) -> None:
    """Let trials and kept models follow from runs that changed, in the sweeps to be `ranked`."""
    if places:
        kept_models.rank(connection, policy, ranked, Changes(final=follow_runs(connection, policy, places, now)))


def _cancel_untouched(connection: Connection, sweep: int, reason: str, now: datetime) -> None:
    """Cancel the trials of one run that wait and never trained, of which there may be a great many: two statements."""
    cancelled = {"state": TrialState.CANCELLED.value, "reason": reason}
    waiting = and_(runs.c.sweep_key == sweep, QUEUED, runs.c.epochs == 0, ~HAS_RESULT)
    single = and_(trials.c.sweep_key == sweep, trials.c.replicates == 1)
    gone: Sequence[int] = connection.scalars(
        update(trials)
        .where(
            single, trials.c.state == TrialState.QUEUED.value, trials.c.number.in_(select(runs.c.trial).where(waiting))
        )
        .values(**cancelled, finished_at=now)
        .returning(trials.c.number)
    ).all()
    changes.of(connection).trials(sweep, gone, TrialState.QUEUED.value, TrialState.CANCELLED.value)
    twins.follow(connection, [(sweep, number) for number in gone], now)
    ended = select(trials.c.number).where(single, trials.c.state == TrialState.CANCELLED.value)
    connection.execute(update(runs).where(waiting, runs.c.trial.in_(ended)).values(cancelled))


def _cancel_confirming(connection: Connection, sweep: int, reason: str, now: datetime) -> None:
    """Cancel the open runs of trials that are final, but for those that have come as far as they were asked to."""
    mine = trials.c.sweep_key == sweep, trials.c.number == runs.c.trial
    of_final = exists().where(*mine, trials.c.state.not_in([word(state) for state in OPEN]))
    short = runs.c.epochs < runs.c.asked
    _cancel(connection, and_(runs.c.sweep_key == sweep, _from(TrialState.CANCELLED), short, of_final), reason, now)


def _cancel(connection: Connection, which: ColumnElement[bool], reason: str, now: datetime) -> Sequence[int]:
    """Cancel these runs and end the holds on them, which are written down; return their trials."""
    hold = runs.c.key, runs.c.fence, runs.c.worker, runs.c.leased_at
    ended = select(*hold, literal(now, attempts.c.ended_at.type), literal("released"), literal(reason), runs.c.epochs)
    names = ["run_key", "fence", "worker", "started_at", "ended_at", "ending", "reason", "epochs"]
    connection.execute(insert(attempts).from_select(names, ended.where(and_(which, RUNNING))))
    values = {"state": TrialState.CANCELLED.value, "value": None, "reason": reason, **_NO_LEASE}
    return connection.scalars(update(runs).where(which).values(values).returning(runs.c.trial)).all()


def _let_go(connection: Connection, sweep: int, reason: str) -> set[Place]:
    completed, cancelled = literal(TrialState.COMPLETED.value), literal(TrialState.CANCELLED.value)
    moved = connection.execute(
        update(runs)
        .where(runs.c.sweep_key == sweep, runs.c.state.in_([word(TrialState.QUEUED), word(TrialState.PAUSED)]))
        .values(state=case((HAS_RESULT, completed), else_=cancelled), reason=reason)
        .returning(runs.c.trial)
    )
    return {(sweep, trial) for trial in moved.scalars()}


def _in_training(connection: Connection, sweep: int) -> bool:
    some = select(runs.c.key).where(runs.c.sweep_key == sweep, RUNNING).limit(1)
    return connection.execute(some).first() is not None


def require(moved: int, wanted: int, target: object) -> None:
    """Raise IllegalMove unless as many rows were changed as were to move."""
    if moved != wanted:
        raise IllegalMove(f"{moved} of {wanted} could move to {target}; none was moved.")
