"""Results of runs that ended or paused, which workers send in under their leases."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, tuple_

from app.domain.plan import NO_RUNGS, Rungs
from app.domain.policy import Policy
from app.domain.queue import Recorded
from app.domain.runs import Ending, RunOutcome, comparable
from app.domain.states import SweepState, TrialState
from app.domain.work import Keep, Lease, Outcome, Progress, Result
from app.storage import changes, kept_models, metrics, moves, passed_rungs, progress, silence, sweep_rows
from app.storage.bulk import Bulk
from app.storage.changes import ChangeLog
from app.storage.curves import Curves
from app.storage.kept_models import Changes, NewModel, Place
from app.storage.leases import is_last, named_runs, why_stale
from app.storage.outcomes import follow_only_runs, follow_runs, parts
from app.storage.progress import Request
from app.storage.records import AnyRow
from app.storage.tables import artifacts, attempts, epochs, rung_values

_ENDINGS: Mapping[str, Ending] = {
    "completed": "finished",
    "diverged": "finished",
    "paused": "paused",
    "failed": "error",
}

_Bytes = tuple[str, int]
"""The hash and the size of a model."""

# Statements that are made once: to make one takes as long as to run it.
_ADD_RUNG = Bulk(insert(rung_values))


def finish(
    connection: Connection,
    policy: Policy,
    worker: str,
    items: Sequence[Result],
    others: Sequence[Progress],
    now: datetime,
    rungs: Rungs = NO_RUNGS,
) -> Recorded:
    """Record each result whose lease still holds, once, with its curve and its model, and report other progress."""
    leases = [item.lease for item in items] + [item.lease for item in others]
    request = Request(worker, named_runs(connection, leases))
    grown = progress.take(request, others)
    here = _here(connection, items)
    taken, outcomes = _take_results(request, items, here)
    different = request.curves.store(connection)
    passed_rungs.note(connection, request.rows, request.curves, rungs)
    progress.grow(connection, request.rows, request.curves, [run for run in grown if run not in taken], different)
    progress.note_checkpoints(connection, [(request, others)])
    results = [_Taken(request.rows[run], item, request.curves, different.get(run)) for run, item in taken.items()]
    keep = _record(connection, policy, results, here, now)
    progress.take_back_refused(connection, policy, request, now)
    silence.excuse(connection, policy, worker, request.stale(leases))
    running = {one.row.sweep_key for one in results if one.row.sweep_state == SweepState.RUNNING}
    return Recorded(
        outcomes=_known_outcomes(connection, request, items, outcomes),
        decisions=[request.decision(item.lease) for item in others],
        keep=keep,
        idle=sweep_rows.idle(connection, running),
    )


@dataclass(frozen=True, slots=True)
class _Taken:
    """A result that is recorded now; `note` is what came out otherwise than before."""

    row: AnyRow
    item: Result
    curves: Curves
    note: str | None

    @property
    def state(self) -> TrialState:
        """What the run comes to: a pause that nobody waits for goes back to the queue, or counts as the end."""
        if self.item.state != "paused":
            return TrialState(self.item.state)
        if self.row.ending is not None:
            return TrialState.COMPLETED
        # An attempt before may have come further, so what is stored does not tell whether this one came to its epoch.
        awaited = self.item.epochs >= self.row.asked
        stopped = self.row.sweep_state == SweepState.PAUSED and self.epochs < self.row.asked
        return TrialState.PAUSED if awaited or stopped else TrialState.QUEUED

    @property
    def at_rung(self) -> bool:
        """Whether the run has come where its scheduler compares it, with a value; once for each of its rungs."""
        return self.state is TrialState.PAUSED and self.epochs >= self.row.asked and self.value is not None

    @property
    def epochs(self) -> int:
        """How far the run's stored epochs reach; a run that is done has no more than its last attempt."""
        done = self.item.state in {"completed", "diverged"}
        return self.item.epochs if done else self.curves.reached[self.row.key]

    @property
    def outcome(self) -> RunOutcome:
        """What the run comes to."""
        item, state = self.item, self.state
        reason = None if state is TrialState.QUEUED else item.reason
        return RunOutcome(
            self.row.replicate, state, self.value, item.metrics, item.best_epoch, self.epochs, item.seconds, reason
        )

    @property
    def trial_tells(self) -> bool:
        """Whether the trial tells all of it: its only run ended with its first hold, and there is nothing to note."""
        ordinary = self.row.replicates == 1 and self.row.fence == 1 and self.item.state in {"completed", "diverged"}
        return ordinary and self.note is None and self.row.reason is None

    @property
    def value(self) -> float | None:
        """What the run is compared by, if it can be compared."""
        item = self.item
        return comparable(TrialState(item.state), item.metrics.get(self.row.metric), self.row.diverged)


def _take_results(
    request: Request, items: Sequence[Result], here: Mapping[_Bytes, int]
) -> tuple[dict[int, Result], list[tuple[Outcome, str | None] | None]]:
    """Take the results of runs that are still held, each once; return them by run, and an outcome where it is known."""
    taken: dict[int, Result] = {}
    outcomes: list[tuple[Outcome, str | None] | None] = []
    for item in items:
        row = request.held(item.lease)
        if row is None:
            outcomes.append(None)
        elif row.key in taken:
            outcomes.append(("repeated", None))
        elif fault := _missing_model(item, here) or request.curves.add(row, item.curve, item.epochs):
            outcomes.append(("refused", fault))
        else:
            taken[row.key] = item
            outcomes.append(("recorded", None))
    return taken, outcomes


def _here(connection: Connection, items: Sequence[Result]) -> dict[_Bytes, int]:
    """Return the keys of those models of results that are here, by their hashes and sizes."""
    hashes = {item.model.sha256 for item in items if item.model is not None}
    found: dict[_Bytes, int] = {}
    for part in parts(hashes):
        rows = select(artifacts.c.sha256, artifacts.c.size, artifacts.c.key).where(
            artifacts.c.sha256.in_(part), artifacts.c.state == "here"
        )
        found |= {(row.sha256, row.size): row.key for row in connection.execute(rows)}
    return found


def _missing_model(item: Result, here: Mapping[_Bytes, int]) -> str | None:
    if item.model is None or (item.model.sha256, item.model.size) in here:
        return None
    what, address = f"{item.model.sha256} of {item.model.size:,} bytes", f"/v1/work/artifacts/{item.model.sha256}"
    return f"the model {what} is not here: PUT {address} and send the result again"


def _record(
    connection: Connection, policy: Policy, taken: Sequence[_Taken], here: Mapping[_Bytes, int], now: datetime
) -> dict[str, Keep]:
    if not taken:
        return {}
    _forget_further_epochs(connection, taken)
    moves.end_holds(connection, [_run_row(one) for one in taken])
    moves.add_attempts(connection, [_attempt_row(one, now) for one in taken if not one.trial_tells])
    # The only run of a trial repeats nothing: the trial has its metrics.
    several = {one.row.key: one.item.metrics for one in taken if one.row.replicates > 1}
    metrics.store_replicates(connection, several)
    _ADD_RUNG.run(connection, [_rung_row(one) for one in taken if one.at_rung])
    _note(changes.of(connection), taken)
    only = {_place(one.row): (one.outcome, one.row.diverged) for one in taken if one.row.replicates == 1}
    others = {_place(one.row) for one in taken} - only.keys()
    final = follow_only_runs(connection, policy, only, now) | follow_runs(connection, policy, others, now)
    ranked = {one.row.sweep_key for one in taken}
    return kept_models.rank(connection, policy, ranked, _model_changes(taken, here, final))


def _note(log: ChangeLog, taken: Sequence[_Taken]) -> None:
    for one in taken:
        if one.item.curve:
            log.epochs(one.row.sweep_key, {one.row.trial: one.epochs})
    log.queued({one.row.sweep_key for one in taken if one.state is TrialState.QUEUED})


def _forget_further_epochs(connection: Connection, taken: Sequence[_Taken]) -> None:
    """Delete what an attempt before had trained past the end that a run has now."""
    further = [one for one in taken if one.epochs < one.curves.reached[one.row.key]]
    if further:
        run, last = epochs.c.run_key == bindparam("the_run"), epochs.c.epoch > bindparam("last")
        connection.execute(
            delete(epochs).where(run, last), [{"the_run": one.row.key, "last": one.epochs} for one in further]
        )


def _run_row(one: _Taken) -> dict[str, Any]:
    blamed = not one.curves.grew(one.row.key)
    outcome = one.outcome
    return {
        "key": one.row.key,
        "state": outcome.state.value,
        "value": outcome.value,
        "best_epoch": outcome.best_epoch,
        "epochs": outcome.epochs,
        "seconds": 0.0 if one.trial_tells else outcome.seconds,
        "reason": None if one.trial_tells else outcome.reason,
        "recorded_fence": one.row.fence,
        "losses": one.row.losses if blamed else 0,
        "alone_losses": one.row.alone_losses if blamed else 0,
    }


def _rung_row(one: _Taken) -> dict[str, Any]:
    return {"run_key": one.row.key, "epoch": one.row.asked, "value": one.value}


def _attempt_row(one: _Taken, now: datetime) -> dict[str, Any]:
    return moves.attempt_row(one.row, now, _ENDINGS[one.item.state], one.item.reason, epochs=one.epochs, note=one.note)


def _model_changes(taken: Sequence[_Taken], here: Mapping[_Bytes, int], final: Mapping[Place, float | None]) -> Changes:
    first = [one for one in taken if one.row.replicate == 0]
    new = {
        _place(one.row): NewModel(one.value, here[one.item.model.sha256, one.item.model.size], one.item.model.made_with)
        for one in first
        if one.item.model is not None
    }
    outdated = {_place(one.row) for one in first if one.item.best_epoch != one.row.best_epoch}
    return Changes(new, outdated, final)


def _known_outcomes(
    connection: Connection,
    request: Request,
    items: Sequence[Result],
    outcomes: Sequence[tuple[Outcome, str | None] | None],
) -> list[tuple[Outcome, str | None]]:
    """Return the outcomes with those filled in that are of leases that hold no more."""
    pairs = list(zip(items, outcomes, strict=True))
    repeated = _recorded_before(connection, request, [item.lease for item, outcome in pairs if outcome is None])

    def known(lease: Lease) -> tuple[Outcome, str | None]:
        return ("repeated", None) if lease in repeated else ("stale", why_stale(request.rows.get(lease.run)))

    return [known(item.lease) if outcome is None else outcome for item, outcome in pairs]


def _recorded_before(connection: Connection, request: Request, leases: Collection[Lease]) -> set[Lease]:
    """Return those of the leases under which this worker handed in a result before."""
    found = {lease for lease in leases if _is_recorded(request.rows.get(lease.run), request.worker, lease)}
    place = tuple_(attempts.c.run_key, attempts.c.fence)
    for part in parts(set(leases) - found):
        rows = connection.execute(
            select(attempts.c.run_key, attempts.c.fence, attempts.c.ending).where(
                place.in_([(lease.run, lease.fence) for lease in part]), attempts.c.worker == request.worker
            )
        )
        for row in rows:
            # An attempt that ended with an error had a result only if the run says so: its process may have died.
            with_error = row.ending == "error" and request.rows[row.run_key].recorded_fence == row.fence
            if with_error or row.ending in {"finished", "paused"}:
                found.add(Lease(row.run_key, row.fence))
    return found


def _is_recorded(row: AnyRow | None, worker: str, lease: Lease) -> bool:
    """Return whether the last result of a run is that of this lease."""
    return row is not None and is_last(row, worker, lease) and bool(row.recorded_fence == lease.fence)


def _place(row: AnyRow) -> Place:
    return row.sweep_key, row.trial
