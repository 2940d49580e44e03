"""Plans: all their moves are made, or none, and only on the sweep that they were made for, as it was then."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, assert_never, final

from sqlalchemy import Connection, func, insert, select, update

from app.domain.plan import (
    Close,
    Confirm,
    Draw,
    Drawn,
    End,
    Move,
    Plan,
    Prune,
    Redraw,
    Refund,
    RunView,
    StoredDecision,
    Train,
)
from app.domain.policy import Policy
from app.domain.states import SweepState, TrialState
from app.storage import changes, confirmations, lineage, moves, passed_rungs, redraws, twins
from app.storage.bulk import Bulk
from app.storage.cohorts import numbers_for
from app.storage.decisions import add_decisions, round_of
from app.storage.kept_models import Place
from app.storage.moves import IllegalMove
from app.storage.outcomes import parts
from app.storage.records import AnyRow
from app.storage.run_rows import queued_run
from app.storage.tables import runs, sweeps, trials

_ADD_TRIAL, _ADD_RUN = Bulk(insert(trials)), Bulk(insert(runs))


class Outdated(Exception):  # noqa: N818 - it says what happened
    """The plan was made for a sweep that has changed since: nothing of it may be made."""


def apply(connection: Connection, policy: Policy, sweep: str, version: int, plan: Plan, now: datetime) -> None:
    """Make the moves of a plan and raise the sweep's version.

    Raises Outdated, with what was done until then to be taken back.
    """
    row = _next_version(connection, sweep, version, plan.memory)
    _require_shown(connection, row.key, list(_shown(plan.moves)))
    applying = _Applying(connection, policy, row, now)
    for move in plan.moves:
        applying.make(move)
    applying.settle()
    add_decisions(connection, row.key, [one for move in plan.moves for one in _decision(move, row, plan.memory)])


def _next_version(connection: Connection, sweep: str, version: int, memory: Mapping[str, Any]) -> AnyRow:
    as_planned = sweeps.c.id == sweep, sweeps.c.plan_version == version, sweeps.c.state == SweepState.RUNNING.value
    row = connection.execute(
        update(sweeps)
        .where(*as_planned)
        .values(plan_version=version + 1, plan=dict(memory))
        .returning(sweeps.c.key, sweeps.c.drawn, sweeps.c.ending, sweeps.c.metrics, sweeps.c.enqueued)
    ).first()
    if row is None:
        raise Outdated
    return row


def _shown(made: Sequence[Move]) -> Iterator[RunView]:
    for move in made:
        if isinstance(move, Train):
            yield from move.runs
        elif isinstance(move, Prune):
            yield move.run


def _require_shown(connection: Connection, key: int, shown: Sequence[RunView]) -> None:
    """Raise Outdated unless each run has the state and the epochs that the plan was shown."""
    for part in parts(shown):
        rows = connection.execute(
            select(runs.c.key, runs.c.state, runs.c.epochs).where(
                runs.c.sweep_key == key, runs.c.key.in_([run.key for run in part])
            )
        )
        now = {row.key: (row.state, row.epochs) for row in rows}
        if any(now.get(run.key) != (run.state, run.epochs) for run in part):
            raise Outdated


@final
class _Applying:
    """The moves of one plan while they are made; trials follow from their runs once for all moves before an end."""

    def __init__(self, connection: Connection, policy: Policy, sweep: AnyRow, now: datetime) -> None:
        self._connection = connection
        self._policy = policy
        self._key: int = sweep.key
        self._next: int = sweep.drawn
        self._points: list[Any] = sweep.enqueued
        self._room = bytes(8 * len(sweep.metrics) + moves.START_BYTES + moves.RESULT_BYTES)
        self._now = now
        self._changed = set[Place]()
        self._pruned, self._stopped = dict[int, str](), dict[int, str]()

    def make(self, move: Move) -> None:
        match move:
            case Draw() | Redraw():
                self._draw(move) if isinstance(move, Draw) else self._redraw(move)
            case Train():
                self._train(move)
            case Prune():
                self._prune(move)
            case Refund():
                self._charge(move.block.trained - move.block.charged)
            case Close():
                self._end(SweepState.COMPLETED, move.reason, final=False)
            case Confirm():
                self._charge(confirmations.add(self._connection, self._key, move))
            case End():
                self._end(move.state, move.reason, final=True)
            case _:
                assert_never(move)

    def _end(self, target: SweepState, reason: str, *, final: bool) -> None:
        self.settle()
        moves.end_sweep(self._connection, self._policy, self._key, target, reason, self._now, final=final)

    def _prune(self, move: Prune) -> None:
        if move.run.state is TrialState.RUNNING:
            self._stopped[move.run.key] = move.reason
            return
        self._pruned[move.run.key] = move.reason
        self._changed.add((self._key, move.run.trial))

    def settle(self) -> None:
        """Prune what is to be pruned, and let trials and models follow."""
        passed_rungs.stop(self._connection, self._policy, self._stopped, self._now)
        moves.prune(self._connection, self._pruned)
        moves.settle(self._connection, self._policy, self._changed, self._now, [self._key])
        self._pruned.clear()
        self._stopped.clear()
        self._changed.clear()

    def _draw(self, move: Draw) -> None:
        numbers = [one.number for one in move.trials]
        if numbers != list(range(self._next, self._next + len(numbers))):
            raise IllegalMove(f"The trials {numbers} were to be drawn, but the next one has number {self._next}.")
        if not numbers:
            return
        self._next += len(numbers)
        _ADD_TRIAL.run(self._connection, [_trial_row(self._key, one, self._room, self._now) for one in move.trials])
        trained = [one for one in move.trials if one.same_as is None]
        cohorts = numbers_for(self._connection, self._key, _cohorts(trained))
        holders = lineage.holders(self._connection, self._key, trained)
        new = [row for one in trained for row in _run_rows(self._key, one, cohorts, move.round, holders)]
        _ADD_RUN.run(self._connection, new)
        lineage.add(self._connection, self._key, move.trials)
        changes.of(self._connection).trials(self._key, numbers, None, TrialState.QUEUED.value)
        taking = [one.number for one in move.trials if one.same_as is not None]
        twins.begin(self._connection, self._key, taking, self._now)
        changes.of(self._connection).queued([self._key])
        self._update({"drawn": self._next})
        self._take_points([one.params for one in move.trials if one.enqueued])
        self._charge(sum(row["charged"] for row in new))

    def _redraw(self, move: Redraw) -> None:
        cohorts = numbers_for(self._connection, self._key, _cohorts(move.trials))
        redrawn = [_redrawn_row(self._key, one) for one in move.trials]
        again = [row for one in move.trials for row in _redrawn_runs(self._key, one, cohorts)]
        numbers = [one.number for one in move.trials]
        before = self._charged(numbers)
        redraws.queue_redrawn(self._connection, self._key, redrawn, again)
        self._charge(self._charged(numbers) - before)
        why = f"the space has no point left for it: others were {move.reason}"
        self._changed |= redraws.cancel_held(self._connection, self._key, move.surplus, why)

    def _take_points(self, taken: Sequence[Mapping[str, Any]]) -> None:
        """Take these points from those that wait, of which they are the first."""
        if not taken:
            return
        if list(taken) != self._points[: len(taken)]:
            raise IllegalMove(f"The points {list(taken)} were to be drawn, but those that wait are {self._points}.")
        self._points = self._points[len(taken) :]
        self._update({"enqueued": self._points})

    def _train(self, move: Train) -> None:
        self._changed |= moves.queue_on(self._connection, [run.key for run in move.runs], move.to_epoch, move.round)
        self._charge(sum(move.to_epoch - run.asked for run in move.runs))

    def _charged(self, numbers: Sequence[int]) -> int:
        """Return what the runs of these trials are charged, all together."""
        charged = select(func.coalesce(func.sum(runs.c.charged), 0)).where(runs.c.sweep_key == self._key)
        return sum(
            self._connection.execute(charged.where(runs.c.trial.in_(part))).scalar_one() for part in parts(numbers)
        )

    def _charge(self, epochs: int) -> None:
        self._update({"charged_epochs": sweeps.c.charged_epochs + epochs})

    def _update(self, values: Mapping[str, Any]) -> None:
        self._connection.execute(update(sweeps).where(sweeps.c.key == self._key).values(values))


def _trial_row(key: int, drawn: Drawn, room: bytes, now: datetime) -> dict[str, Any]:
    return {
        "sweep_key": key,
        "number": drawn.number,
        "state": TrialState.QUEUED.value,
        "params": drawn.params,
        "epochs": drawn.begins_after,
        "seconds": 0.0,
        "replicates": drawn.replicates,
        "created_at": now,
        "room": room,
        "enqueued": int(drawn.enqueued),
        "same_as": drawn.same_as,
        "reason": None if drawn.same_as is None else f"has the point of trial {drawn.same_as}, and its result",
        "space_version": drawn.space_version,
    }


def _redrawn_row(key: int, drawn: Drawn) -> dict[str, Any]:
    new = {"new_params": drawn.params, "new_version": drawn.space_version}
    return {"the_sweep": key, "the_number": drawn.number, **new}


def _redrawn_runs(key: int, drawn: Drawn, cohorts: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    for replicate in range(drawn.replicates):
        new = {"new_cohort": cohorts[drawn.cohort_of(replicate)], "new_asked": drawn.to_epoch}
        yield {"the_sweep": key, "the_number": drawn.number, "the_replicate": replicate, **new}


def _cohorts(drawn: Sequence[Drawn]) -> list[str]:
    return [one.cohort_of(replicate) for one in drawn for replicate in range(min(one.replicates, one.folds))]


def _run_rows(
    key: int, drawn: Drawn, cohorts: Mapping[str, int], round_: int, holders: Mapping[Place, str | None]
) -> list[dict[str, Any]]:
    rows = [
        queued_run(
            *(key, drawn.number, replicate, cohorts[drawn.cohort_of(replicate)], drawn.to_epoch, round_),
            begins_after=drawn.begins_after,
        )
        for replicate in range(drawn.replicates)
    ]
    return [{**row, "worker": holders.get((drawn.number, row["replicate"]))} for row in rows] if holders else rows


def _decision(move: Move, sweep: AnyRow, memory: Mapping[str, Any]) -> Iterator[StoredDecision]:
    """Yield how a move is told: draws without a round and refunds are not, and an end is told once."""
    match move:
        case Draw() if move.round > 0:
            yield StoredDecision(0, move.round, "draw", [one.number for one in move.trials], move.reason)
        case Redraw() if move.trials or move.surplus:
            numbers = [*(one.number for one in move.trials), *move.surplus]
            yield StoredDecision(0, move.round, "redraw", numbers, move.reason)
        case Train():
            numbers = sorted({run.trial for run in move.runs})
            yield StoredDecision(0, move.round, "train", numbers, move.reason)
        case Prune():
            yield StoredDecision(0, move.round, "prune", [move.run.trial], move.reason)
        case Close():
            yield StoredDecision(0, round_of(memory), "end", [], f"the search: {move.reason}")
        case Confirm():
            numbers = [one.trial for one in move.leaders]
            yield StoredDecision(0, round_of(memory), "confirm", numbers, move.reason)
        case End() if sweep.ending is None:
            yield StoredDecision(0, round_of(memory), "end", [], move.reason)
        case _:
            return
