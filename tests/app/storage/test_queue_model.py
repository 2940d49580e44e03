"""The queue against a small model of runs, leases, rounds, pauses and changed budgets, by random walks."""

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import func, select, update

from app.domain.errors import Conflict
from app.domain.events import WorkQueued
from app.domain.plan import Draw, Drawn, End, Move, Plan, Prune, Train
from app.domain.queue import Grant
from app.domain.runs import Blame
from app.domain.states import OPEN, SweepState, TrialState
from app.domain.sweeps import SweepChanges
from app.domain.work import GivenBack, Lease, Progress, Result
from app.planning.policy import StandardPolicy
from app.storage import changes, control, leases, lost_leases, metrics, plans, records, results
from app.storage.records import AnyRow
from app.storage.tables import epochs, runs, sweeps, trials
from tests.app.storage import world
from tests.app.storage.model_rows import ATTEMPTS, Run, numbers_of, outcome_of, view_of
from tests.app.storage.queue_world import METRIC, NOW, TERM, World, points, queue_world
from tests.tries import tries

SWEEP, KEY = "swp_1", 1
WORKERS = st.sampled_from(["w1", "w2", "w3"])
PICK = st.integers(0, 9)
STRANGER = st.sampled_from([None, None, "w1"])
"""Who names a lease: mostly the worker that it was granted to."""
SELDOM = st.integers(0, 5)
STATES = st.sampled_from(["completed", "paused", "diverged", "failed"])


class QueueMachine(RuleBasedStateMachine):
    """Walks through the verbs of the queue and those of control."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.world: World = self.stack.enter_context(queue_world())
        self.connection = self.world.connection
        self.policy = self.world.policy = StandardPolicy()
        self.now = NOW
        self.replicates = 1
        self.state = SweepState.RUNNING
        self.ending: SweepState | None = None
        self.runs: dict[int, Run] = {}
        self.granted: list[tuple[str, Lease]] = []
        self.nothing_waits = False
        self.told = False
        self.handed_in: set[tuple[str, Lease]] = set()
        self.silent: set[tuple[str, Lease]] = set()
        """Leases that ran out, and whose workers were not heard since while their runs were blamed."""

    def teardown(self) -> None:
        """Close the world."""
        self.stack.close()

    @initialize(replicates=st.integers(1, 2), drawn=st.integers(1, 3))
    def create(self, replicates: int, drawn: int) -> None:
        """Store a sweep with a few trials of two epochs."""
        self.world.add_sweep(SWEEP, 0)
        spec = records.spec_to_json(replace(world.spec(3), replicates=replicates))
        self.connection.execute(update(sweeps).values(spec=spec, budget_trials=3, replicates=replicates))
        self.replicates = replicates
        self.draw(drawn)

    # What workers do

    @rule(worker=WORKERS, slots=st.integers(1, 3))
    def claim(self, worker: str, slots: int) -> None:
        """Claim: only what is queued, in a sweep that runs, under the next fence."""
        grant = self.world.grant(worker, slots, live=2, now=self.now)
        self._require_told(grant)
        for claimed in grant.claimed:
            run = self.runs[claimed.lease.run]
            assert self.state == SweepState.RUNNING
            assert run.state == TrialState.QUEUED
            assert claimed.lease.fence == run.fence + 1
            assert claimed.to_epoch == run.asked
            run.state, run.fence = TrialState.RUNNING, run.fence + 1
            run.worker, run.until = worker, self.now + TERM
            self.granted.append((worker, claimed.lease))

    def _require_told(self, grant: Grant) -> None:
        """What is claimed after a claim that found nothing was told as queued: else nobody would be woken for it."""
        assert self.told or not (self.nothing_waits and grant.claimed)
        if not (grant.claimed or grant.held_back):
            self.told = False
            self.nothing_waits = True

    @rule(pick=PICK, stranger=STRANGER, first=st.integers(1, 3), count=st.integers(1, 2))
    def report(self, pick: int, stranger: str | None, first: int, count: int) -> None:
        """Report epochs: kept if the lease holds; with a gap, or beyond what was asked for, the run goes back."""
        worker, lease = self._pick(pick, stranger)
        curve = points(*range(first, first + count))
        (decision,) = self.world.report_items([Progress(lease, curve)], worker, self.now)
        run = self.runs[lease.run]
        if not self._holds(worker, lease):
            assert decision.decision == "stop"
            self._excuse(worker, lease)
        elif first > run.epochs + 1 or first + count - 1 > max(run.asked, run.epochs):
            assert decision.decision == "stop"
            self._lose([run], excused=False)
        else:
            self._reach(run, first + count - 1)
            expected = "complete" if self.ending else "pause" if self.state == SweepState.PAUSED else "continue"
            assert decision.decision == expected

    @rule(pick=PICK, stranger=STRANGER, state=STATES, count=st.integers(1, 3), twice=st.booleans())
    def finish(
        self,
        pick: int,
        stranger: str | None,
        state: Literal["completed", "paused", "diverged", "failed"],
        count: int,
        twice: bool,
    ) -> None:
        """Hand in a result with its whole curve: recorded once, then repeated, and stale for all others."""
        worker, lease = self._pick(pick, stranger)
        item = Result(lease, state, {METRIC: 0.5}, 1, count, 0.5, state, points(*range(1, count + 1)))
        recorded = results.finish(self.connection, self.policy, worker, [item] * (1 + twice), [], self.now)
        before = "repeated" if (worker, lease) in self.handed_in else "stale"
        held = self._holds(worker, lease)
        if held and count > max(self.runs[lease.run].asked, self.runs[lease.run].epochs):
            assert recorded.outcomes[0][0] == "refused"
            return
        assert recorded.outcomes[0][0] == ("recorded" if held else before)
        if twice:
            assert recorded.outcomes[1][0] == ("repeated" if held else before)
        if held:
            self.handed_in.add((worker, lease))
            self._record(self.runs[lease.run], state, count)
        else:
            self._excuse(worker, lease)

    @rule(pick=PICK, stranger=STRANGER, ending=st.sampled_from(["released", "refused"]))
    def release(self, pick: int, stranger: str | None, ending: Literal["released", "refused"]) -> None:
        """Give a run back: only its holder can."""
        worker, lease = self._pick(pick, stranger)
        items = [GivenBack(lease, ending)]
        (decision,) = lost_leases.release(self.connection, self.policy, worker, items, self.now)
        assert decision.decision == "stop"
        if self._holds(worker, lease):
            self._lose([self.runs[lease.run]], excused=ending == "released")
        elif ending == "released":
            self._excuse(worker, lease)

    @rule(pick=PICK, stranger=STRANGER)
    def heartbeat(self, pick: int, stranger: str | None) -> None:
        """Keep a lease."""
        worker, lease = self._pick(pick, stranger)
        (decision,) = leases.heartbeat(self.connection, self.policy, worker, [lease], self.now + TERM)
        held = self._holds(worker, lease)
        assert (decision.decision == "stop") == (not held)
        if held:
            self.runs[lease.run].until = self.now + TERM
        else:
            self._excuse(worker, lease)

    @rule(seconds=st.sampled_from([1, 10, 10, 31]))
    def expire(self, seconds: int) -> None:
        """Let time pass, and take back what nobody kept."""
        self.now += timedelta(seconds=seconds)
        late = [run for run in self.runs.values() if run.until is not None and run.until < self.now]
        self.silent |= {one for one in self.granted if self._holds(*one) and self.runs[one[1].run] in late}
        lost = lost_leases.lose_expired(self.connection, self.policy, self.now)
        assert lost == Counter(run.worker for run in late)
        self._lose(late)

    @rule(worker=WORKERS)
    def die(self, worker: str) -> None:
        """Let a worker die with all that it holds."""
        held = [run for run in self.runs.values() if run.until is not None and run.worker == worker]
        assert lost_leases.lose_worker(self.connection, self.policy, worker, "signal", "killed", self.now) == len(held)
        self._lose(held)
        for run in self.runs.values():
            if run.worker == worker and run.state in OPEN:
                run.worker = None

    # What the planner and users do

    @precondition(lambda self: self.state == SweepState.RUNNING and not self.ending)
    @rule(count=st.integers(1, 2))
    def draw(self, count: int) -> None:
        """Draw trials of two epochs."""
        first = self.world.sweep().drawn
        drawn = [Drawn(number, {}, f"c{number % 2}", 2, self.replicates) for number in range(first, first + count)]
        self._apply(Draw(drawn, 1, "more"))
        for row in self._rows():
            self.runs.setdefault(row.key, Run(row.asked))

    @precondition(lambda self: self.state == SweepState.RUNNING and not self.ending)
    @rule(up=st.booleans())
    def next_round(self, up: bool) -> None:
        """Let all paused runs go on, or prune them."""
        views = [view_of(row) for row in self._rows() if row.state == TrialState.PAUSED]
        if not views:
            return
        to_epoch = max(view.asked for view in views) + 1
        self._apply(*([Train(views, to_epoch, 2, "up")] if up else [Prune(view, 2, "worse") for view in views]))
        for view in views:
            run = self.runs[view.key]
            run.state = TrialState.QUEUED if up else TrialState.PRUNED
            run.asked = to_epoch if up else run.asked

    @precondition(lambda self: self.state == SweepState.RUNNING)
    @rule(again=st.booleans())
    def end(self, again: bool) -> None:
        """End the sweep now and then; once more, when it awaited runs in training."""
        if again or self.ending:
            target = self.ending or SweepState.COMPLETED
            self._apply(End(target, "enough"))
            self._end(target)

    @rule(seldom=SELDOM)
    def pause(self, seldom: int) -> None:
        """Pause the sweep now and then, where that is allowed."""
        if not seldom and self._allowed(lambda: control.pause(self.connection, SWEEP)):
            assert not self.ending
            self.state = SweepState.PAUSED

    @rule()
    def resume(self) -> None:
        """Let the sweep go on: what was paused on its way is queued again."""
        if self._allowed(lambda: control.resume(self.connection, self.policy, SWEEP)):
            self.state = SweepState.RUNNING
            for run in self.runs.values():
                if run.state == TrialState.PAUSED and run.epochs < run.asked:
                    run.state = TrialState.QUEUED

    @rule(seldom=SELDOM, keep=st.booleans())
    def cancel(self, seldom: int, keep: bool) -> None:
        """Cancel the sweep now and then, keeping what there is or not."""
        if seldom or self.state not in {SweepState.RUNNING, SweepState.PAUSED}:
            return
        control.cancel(self.connection, self.policy, SWEEP, keep=keep, now=self.now)
        if keep:
            self._end(SweepState.CANCELLED)
            return
        self.state, self.ending = SweepState.CANCELLED, None
        for run in self.runs.values():
            if run.state in OPEN:
                self._free(run, TrialState.CANCELLED)

    @rule(more=st.integers(0, 3))
    def patch(self, more: int) -> None:
        """Change the budget: more of it lets a completed sweep run again."""
        row = self.world.sweep()
        budget = replace(world.spec(row.drawn + more).budget)
        changes = SweepChanges(budget=budget)
        if self._allowed(lambda: control.change(self.connection, SWEEP, changes, reopen=True)):
            assert not self.ending
            self.state = SweepState.RUNNING if self.state == SweepState.COMPLETED else self.state

    # What must hold

    @invariant()
    def the_counts_and_the_best_are_those_of_a_scan(self) -> None:
        events = changes.of(self.connection).events(self.connection)
        self.told |= any(isinstance(one, WorkQueued) for one in events)
        self.world.commit()

    @invariant()
    def runs_are_as_in_the_model(self) -> None:
        """State, fence, holder, epochs and blame of each run."""
        for row in self._rows():
            run = self.runs[row.key]
            assert (row.state, row.fence, row.worker, row.epochs) == (run.state, run.fence, run.worker, run.epochs)
            assert (row.lease_until, row.asked) == (run.until, run.asked)
            assert Blame(row.losses, row.alone_losses) == run.blame

    @invariant()
    def epochs_are_contiguous_and_attempts_sum_up(self) -> None:
        """Each hold that ended is one attempt; curves have no gaps."""
        curves, held = numbers_of(self.connection, epochs.c.epoch), numbers_of(self.connection, ATTEMPTS.c.fence)
        for key, run in self.runs.items():
            assert curves.pop(key, []) == list(range(1, run.epochs + 1))
            numbers = held.pop(key, [])
            assert numbers == list(range(1, run.fence + (run.state != TrialState.RUNNING)))
            assert len(numbers) == run.attempts
        assert not curves
        assert not held

    @invariant()
    def trials_follow_from_their_runs(self) -> None:
        """No trial is lost, and each is what its runs come to; a final one stays."""
        stored = self.connection.execute(select(trials).order_by(trials.c.number)).all()
        row, slots = self.world.sweep(), metrics.slots(self.connection, "trials")
        assert [one.number for one in stored] == list(range(row.drawn))
        grouped = [[one for one in self._rows() if one.trial == trial.number] for trial in stored]
        for trial, mine in zip(stored, grouped, strict=True):
            came_to = metrics.of_runs(self.connection, [one.key for one in mine])
            outcomes = [outcome_of(one, came_to.get(one.key, {})) for one in mine]
            # It became final with these runs, or was final before the last of them ended.
            finals = [None] if trial.state in OPEN else [None, TrialState(trial.state)]
            whole = [self.policy.outcome(outcomes, "exclude", final) for final in finals]
            measured = slots.metrics(trial)
            found = trial.state, trial.value, trial.epochs, measured
            assert found in [(one.state, one.value, one.epochs, one.metrics) for one in whole]
            assert (trial.finished_at is None) == (trial.state in OPEN)
            assert (trial.started_at is None) == all(one.fence == 0 for one in mine)

    @invariant()
    def the_sweep_is_as_in_the_model(self) -> None:
        """Its state, and what it was charged; nothing is open in one that has ended."""
        row = self.world.sweep()
        charged = self.connection.execute(select(func.coalesce(func.sum(runs.c.charged), 0))).scalar_one()
        assert (row.state, row.ending, row.charged_epochs) == (self.state, self.ending, charged)
        if self.state in {SweepState.CANCELLED, SweepState.COMPLETED}:
            assert all(run.state not in OPEN for run in self.runs.values())

    # How the model moves

    def _rows(self) -> list[AnyRow]:
        return list(self.connection.execute(select(runs).order_by(runs.c.key)))

    def _pick(self, pick: int, worker: str | None) -> tuple[str, Lease]:
        """Return a lease that is held, or now and then a late one, with its own worker unless another is named."""
        if not any(self._holds(*one) for one in self.granted):
            self.claim("w2", 2)
        held = [one for one in self.granted if self._holds(*one)]
        some = self.granted if pick % 3 == 0 else held or self.granted
        own, lease = some[-1 - pick % len(some)] if some else ("w1", Lease(1, 0))
        return worker or own, lease

    def _holds(self, worker: str, lease: Lease) -> bool:
        run = self.runs[lease.run]
        return run.state == TrialState.RUNNING and (run.worker, run.fence) == (worker, lease.fence)

    def _excuse(self, worker: str, lease: Lease) -> None:
        """Take back the blame of a run that a worker lost which was only silent."""
        run = self.runs[lease.run]
        if lease.fence in run.lost and run.state in OPEN and (worker, lease) in self.silent:
            self.silent.remove((worker, lease))
            run.blame = self.policy.after_return(run.blame, len(run.lost) - 1 - run.lost.index(lease.fence))
            run.lost.remove(lease.fence)

    def _reach(self, run: Run, epoch: int) -> None:
        if epoch > run.epochs:
            run.epochs, run.blame, run.lost = epoch, Blame(), []

    def _free(self, run: Run, state: TrialState) -> None:
        run.attempts += run.state == TrialState.RUNNING
        run.state, run.until = state, None

    def _record(self, run: Run, state: str, count: int) -> None:
        self._reach(run, count)
        run.has_result = True
        if state != "paused":
            run.epochs = run.epochs if state == "failed" else count
            self._free(run, TrialState(state))
        elif self.ending:
            self._free(run, TrialState.COMPLETED)
        elif count >= run.asked or (self.state == SweepState.PAUSED and run.epochs < run.asked):
            self._free(run, TrialState.PAUSED)
        else:
            self._free(run, TrialState.QUEUED)

    def _lose(self, lost: list[Run], *, excused: bool = False) -> None:
        held = [run.worker for run in self.runs.values() if run.state == TrialState.RUNNING]
        for run in lost:
            if not excused:
                run.blame = self.policy.after_loss(run.blame, alone=held.count(run.worker) == 1)
                run.lost.append(run.fence)
            run.worker = None
            if self.ending:
                self._free(run, TrialState.COMPLETED if run.has_result else TrialState.CANCELLED)
            else:
                self._free(run, TrialState.FAILED if self.policy.fatal(run.blame) else TrialState.QUEUED)

    def _end(self, target: SweepState) -> None:
        for run in self.runs.values():
            if run.state in {TrialState.QUEUED, TrialState.PAUSED}:
                self._free(run, TrialState.COMPLETED if run.has_result else TrialState.CANCELLED)
        waits = any(run.state == TrialState.RUNNING for run in self.runs.values())
        self.state, self.ending = (SweepState.RUNNING, target) if waits else (target, None)

    def _apply(self, *moves: Move) -> None:
        version = self.world.sweep().plan_version
        plans.apply(self.connection, self.policy, SWEEP, version, Plan(moves, {}), self.now)

    def _allowed(self, change: Callable[[], Any]) -> bool:
        try:
            with self.connection.begin_nested():
                change()
        except Conflict:
            return False
        return True


QueueMachine.TestCase.settings = settings(
    max_examples=tries(20), stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestQueue = QueueMachine.TestCase
