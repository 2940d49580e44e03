"""Control of live sweeps: changed, paused, resumed, cancelled, and the time that is counted against their budgets."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, select, update

from app.domain.errors import Conflict
from app.domain.plan import StoredDecision
from app.domain.policy import Policy
from app.domain.quotas import NOBODY, Asked
from app.domain.repeats import Made, Once
from app.domain.states import SweepState
from app.domain.sweeps import MOST_TRIALS, Budget, NewSpace, SpaceVersion, Spent, SweepChanges
from app.domain.values import Value
from app.storage import changes as change_log
from app.storage import moves, quotas, records, redraws, repeats, trial_rows, views
from app.storage.decisions import add_decisions, round_of
from app.storage.outcomes import follow_runs
from app.storage.records import AnyRow
from app.storage.sweep_rows import OPEN_SWEEPS, SPEC_TEXT, sweep_row
from app.storage.tables import sweeps

MOST_POINTS = 200
"""So many hand-picked points of a sweep wait to be drawn at most."""

MOST_SPACES = 100
"""So many versions a space has at most."""

_ON_REQUEST = "cancelled on request"

_NEXT_VERSION: Mapping[str, Any] = {"plan_version": sweeps.c.plan_version + 1}
_RUNNING_AGAIN: Mapping[str, Any] = {"state": SweepState.RUNNING.value, "reason": None, "finished_at": None}


def change(connection: Connection, sweep: str, changes: SweepChanges, *, reopen: bool, asked: Asked = NOBODY) -> None:
    """Store what a PATCH changes.

    Raises NotFound; Conflict where the state or what is used forbids the new budget; Forbidden, OverQuota.
    """
    row = sweep_row(connection, sweep)
    if changes.budget is None and changes.space is None:
        _change(connection, row, changes, asked, reopen=reopen)
        return
    with quotas.extending(connection, row, asked, more=reopen or changes.space is not None):
        _change(connection, row, changes, asked, reopen=reopen)


def _change(connection: Connection, row: AnyRow, changes: SweepChanges, asked: Asked, *, reopen: bool) -> None:
    tags = None if changes.tags is None else list(changes.tags)
    labels = {"name": changes.name, "tags": tags, "notes": changes.notes, "priority": changes.priority}
    values: dict[str, Any] = {name: value for name, value in labels.items() if value is not None}
    if changes.budget is not None:
        values |= _rebudget(connection, row, changes.budget, reopen=reopen)
        if row.state == SweepState.COMPLETED:
            _queue_cancelled(connection, row)
    if changes.space is not None:
        values |= _respace(connection, row, changes.space, changes.budget, reopen=reopen)
    if values:
        connection.execute(update(sweeps).where(sweeps.c.key == row.key).values(values))
        if "spec" in values:
            _recount(connection, row, values["spec"], asked)
        if changes.space is not None:
            views.take_parameters(connection, changes.space.space.parameters)
        change_log.of(connection).sweep(row.key, values.get("state", row.state))


def _recount(connection: Connection, row: AnyRow, spec: Any, asked: Asked) -> None:
    confirmed = int(row.plan.get("confirm_epochs", 0))
    quotas.recount(connection, row.key, records.spec_from_json(spec), asked.largest, confirmed)


def _queue_cancelled(connection: Connection, row: AnyRow) -> None:
    """Queue again what the end of a sweep cancelled; where trials were held when it came, they are held again."""
    drawn_from = int(row.plan.get("space", 1))
    moves.queue_cancelled(connection, row.key, drawn_from)
    if drawn_from != records.spec_from_json(row.spec).space_version:
        redraws.hold_untouched(connection, row.key)


def enqueue(
    connection: Connection,
    sweep: str,
    points: Sequence[Mapping[str, Value]],
    now: datetime,
    once: Once | None = None,
    asked: Asked = NOBODY,
) -> int:
    """Let hand-picked points wait to be drawn next, on top of the budget of trials; return how many came before them.

    Raises NotFound; Conflict unless the sweep runs or is paused, and where too many points wait; InvalidRequest if
    another request had the key; Forbidden, OverQuota.
    """

    def make() -> Made:
        row = sweep_row(connection, sweep)
        with quotas.extending(connection, row, asked):
            return Made(sweep, _enqueue(connection, row, points, asked))

    return repeats.once_only(connection, once, now, make).first


def _enqueue(connection: Connection, row: AnyRow, points: Sequence[Mapping[str, Value]], asked: Asked) -> int:
    _require_places(row, len(points))
    spec, waiting = records.spec_from_json(row.spec), [*row.enqueued, *points]
    budget = replace(spec.budget, trials=spec.budget.trials + len(points))
    told = f"{len(points)} points were enqueued, and {_difference(spec.budget, budget)}"
    add_decisions(connection, row.key, [StoredDecision(0, round_of(row.plan), "enqueue", (), told)])
    values = {"budget_trials": budget.trials, "spec": records.spec_to_json(replace(spec, budget=budget))}
    connection.execute(
        update(sweeps).where(sweeps.c.key == row.key).values({**_NEXT_VERSION, **values, "enqueued": waiting})
    )
    _recount(connection, row, values["spec"], asked)
    change_log.of(connection).sweep(row.key, row.state)
    return trial_rows.count_enqueued(connection, row.key) + len(row.enqueued)


def _require_places(row: AnyRow, count: int) -> None:
    if row.ending or row.state not in OPEN_SWEEPS:
        standing = f"about to end ({row.reason})" if row.ending else row.state
        way = "Give it more budget first, or post a sweep of its own for them."
        raise Conflict(f"The sweep {row.id} is {standing}, so that no points can be enqueued. {way}")
    if len(row.enqueued) + count > MOST_POINTS:
        waiting = f"{len(row.enqueued)} points of the sweep {row.id} wait already"
        raise Conflict(
            f"{waiting}, and with {count} more it would be over {MOST_POINTS}. Send them after its next round."
        )
    if row.budget_trials + count > MOST_TRIALS:
        raise Conflict(f"With {count} points more the sweep {row.id} would have over {MOST_TRIALS:,} trials.")


def pause(connection: Connection, sweep: str) -> None:
    """Hand out no more work of a sweep. Raises NotFound; Conflict unless it runs or is paused."""
    row = sweep_row(connection, sweep)
    if row.ending:
        raise Conflict(f"The sweep {sweep} is about to end ({row.reason}) and cannot be paused any more.")
    if row.state != SweepState.PAUSED:
        _move(connection, row, SweepState.PAUSED, "paused")


def resume(connection: Connection, policy: Policy, sweep: str) -> None:
    """Let a paused sweep run, and queue what was paused on its way.

    Raises NotFound; Conflict unless it is paused or runs.
    """
    row = sweep_row(connection, sweep)
    if row.state == SweepState.RUNNING:
        return
    if row.state != SweepState.PAUSED:
        raise Conflict(f"The sweep {sweep} is {row.state} and cannot be resumed: only a paused one can.")
    _move(connection, row, SweepState.RUNNING, "resumed")
    change_log.of(connection).queued([row.key])
    follow_runs(connection, policy, moves.queue_interrupted(connection, row.key), None)


def cancel(connection: Connection, policy: Policy, sweep: str, *, keep: bool, now: datetime) -> None:
    """Cancel a sweep and all that is open in it; with `keep`, what has a result is completed with it.

    One that is cancelled stays so. Raises NotFound; Conflict if it ended otherwise.
    """
    row = sweep_row(connection, sweep)
    if row.state == SweepState.CANCELLED:
        return
    if row.state not in OPEN_SWEEPS:
        raise Conflict(f"The sweep {sweep} is {row.state} and cannot be cancelled any more.")
    connection.execute(update(sweeps).where(sweeps.c.key == row.key).values(_NEXT_VERSION))
    if keep:
        moves.end_sweep(connection, policy, row.key, SweepState.CANCELLED, _ON_REQUEST, now)
    else:
        moves.cancel_sweep(connection, policy, row.key, _ON_REQUEST, now)


def pass_time(connection: Connection, seconds: float) -> list[str]:
    """Add to the used time of the running sweeps with a budget of it that have started.

    Return those that are not ending yet and whose time is up: all of it, or just now that of their search.
    """
    running = sweeps.c.state == SweepState.RUNNING.value
    timed = and_(running, sweeps.c.budget_seconds.is_not(None), sweeps.c.started_at.is_not(None))
    connection.execute(update(sweeps).where(timed).values(used_seconds=sweeps.c.used_seconds + seconds))
    going_on = select(sweeps.c.id, sweeps.c.used_seconds, sweeps.c.budget_seconds, sweeps.c.plan, SPEC_TEXT)
    rows = connection.execute(going_on.where(timed, sweeps.c.ending.is_(None)).order_by(sweeps.c.id))
    return [row.id for row in rows if row.used_seconds >= row.budget_seconds or _search_is_over(row, seconds)]


def _search_is_over(row: AnyRow, passed: float) -> bool:
    """Return whether in the seconds that have passed the time ran out that a sweep has before it is confirmed."""
    spec = records.spec_of_text(row.spec)
    if spec.confirm is None or "confirming" in row.plan:
        return False
    spent = Spent(seconds=float(row.plan.get("confirm_seconds", 0.0)))
    limit = spec.confirm.left_of(spec.budget, spent).seconds
    return limit is not None and row.used_seconds - passed < limit <= row.used_seconds


def _move(connection: Connection, row: AnyRow, target: SweepState, done: str) -> None:
    if not moves.move_sweep(connection, row.key, target, _NEXT_VERSION):
        raise Conflict(f"The sweep {row.id} is {row.state} and cannot be {done}.")


def _rebudget(connection: Connection, row: AnyRow, budget: Budget, *, reopen: bool) -> dict[str, Any]:
    """Return the columns of a new budget, and write down what is new about it."""
    _require_open(row, reopen=reopen)
    _require_room(row, budget)
    spec = records.spec_from_json(row.spec)
    if budget == spec.budget and row.state in OPEN_SWEEPS:
        return {}
    decision = StoredDecision(0, round_of(row.plan), "patch", (), _difference(spec.budget, budget))
    add_decisions(connection, row.key, [decision])
    return {
        **_NEXT_VERSION,
        **(_RUNNING_AGAIN if row.state == SweepState.COMPLETED else {}),
        "budget_trials": budget.trials,
        "budget_seconds": budget.seconds,
        "spec": records.spec_to_json(replace(spec, budget=budget)),
    }


def _respace(
    connection: Connection, row: AnyRow, new: NewSpace, budget: Budget | None, *, reopen: bool
) -> dict[str, Any]:
    """Return the columns of a new version of the space, and hold those trials that are to be drawn anew from it."""
    _require_open(row, reopen=reopen, what="space")
    _require_search(row, reopen=reopen)
    earlier, spec = records.spaces(row), records.spec_from_json(row.spec)
    if len(earlier) >= MOST_SPACES:
        raise Conflict(
            f"The space of the sweep {row.id} was changed {MOST_SPACES - 1} times. Post a new sweep for more."
        )
    posted = earlier[-1].space if new.posted is None else new.posted
    constraints = list(earlier[-1].constraints if new.constraints is None else new.constraints)
    version = SpaceVersion(len(earlier) + 1, new.created_at, posted, constraints)
    held = redraws.hold_untouched(connection, row.key)
    told = f"the space was changed to version {version.version}: {_what_follows(row, held)}"
    if new.pool != spec.pool:
        told += f"; the pool of {spec.pool} models has room for {new.pool} of the largest network"
    add_decisions(connection, row.key, [StoredDecision(0, round_of(row.plan), "patch", held, told)])
    changed = replace(spec, space=new.space, space_version=version.version, budget=budget or spec.budget, pool=new.pool)
    return {
        **_NEXT_VERSION,
        "pool": new.pool,
        "spec": records.spec_to_json(changed),
        "spaces": records.spaces_to_json([*earlier, version]),
        "posted": {**row.posted, "space": posted, "constraints": constraints},
    }


def _require_open(row: AnyRow, *, reopen: bool, what: str = "budget") -> None:
    if row.ending:
        raise Conflict(f"The sweep {row.id} is about to end ({row.reason}): change its {what} once it has ended.")
    if row.state not in OPEN_SWEEPS and not (reopen and row.state == SweepState.COMPLETED):
        rule = (
            "only more budget lets a completed one run again" if row.state == SweepState.COMPLETED else "it has ended"
        )
        raise Conflict(f"The sweep {row.id} is {row.state}, so its {what} cannot be changed: {rule}.")


def _require_search(row: AnyRow, *, reopen: bool) -> None:
    """Raise Conflict where the search is over and its best trials are confirmed: a new space would mean nothing."""
    if "confirming" in row.plan and not reopen:
        standing = f"The search of the sweep {row.id} is over, and its best trials are confirmed"
        raise Conflict(f"{standing}: nothing would be drawn from another space. Give it more budget with it.")


def _what_follows(row: AnyRow, held: Sequence[int]) -> str:
    if "confirming" in row.plan:
        return "the search goes on from it once the best trials are confirmed"
    return f"{len(held)} trials in the queue are drawn anew"


def _require_room(row: AnyRow, budget: Budget) -> None:
    drawn = f"were drawn{' or wait as points that were enqueued' if row.enqueued else ''}"
    used = (
        ("trials", budget.trials, row.drawn + len(row.enqueued), drawn),
        ("epochs", budget.epochs, row.charged_epochs, "are spent or promised"),
        ("seconds", budget.seconds, row.used_seconds, "have passed"),
    )
    short = [
        f"{limit:,g} {name}, of which {amount:,g} {how}"
        for name, limit, amount, how in used
        if limit is not None and limit < amount
    ]
    if short:
        raise Conflict(
            f"The new budget of the sweep {row.id} lies below what is used: {'; '.join(short)}. "
            "Give more, or cancel the sweep."
        )


def _difference(old: Budget, new: Budget) -> str:
    pairs = [(field.name, getattr(old, field.name), getattr(new, field.name)) for field in fields(Budget)]
    changed = [f"{name} {_said(before)} to {_said(after)}" for name, before, after in pairs if before != after]
    return f"the budget was changed: {', '.join(changed) or 'nothing in it'}"


def _said(limit: float | None) -> str:
    return "without limit" if limit is None else f"{limit:,g}"
