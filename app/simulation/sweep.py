"""A sweep in memory: it shows itself to the planner, makes the moves, and trains its runs by what is foretold of them.

A move that the rules forbid is a fault of the planner and fails an assertion: one on a run in another state, a number
drawn twice, or epochs beyond the budget.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.contract.hyperparameters import complete
from app.domain.history import EarlierSweep
from app.domain.plan import (
    REFUND_BLOCK,
    Block,
    Close,
    Confirm,
    Draw,
    Drawn,
    Leader,
    Move,
    Need,
    Plan,
    Prune,
    Redraw,
    Refund,
    RunView,
    Snapshot,
    Train,
    TrialView,
)
from app.domain.space import Space
from app.domain.states import OPEN, SweepState, TrialState
from app.domain.sweeps import Budget, SweepSpec
from app.domain.values import Value, key
from app.planning import HORIZON, need_of, plan
from app.simulation.changed_spaces import held_of, trials_of_round
from app.simulation.runs import TRAINING, Fate, Fates, Run, Runs

SHA = "ab" * 32
"""The hash of a data set that nobody trains on."""


@dataclass
class VirtualSweep:
    """A sweep, its runs by (trial, replicate), and the decisions that were made."""

    spec: SweepSpec
    fates: Fates
    budget: Budget = field(init=False)
    state: SweepState = SweepState.RUNNING
    ending: str | None = None
    reason: str | None = None
    memory: Mapping[str, Value] = field(default_factory=dict)
    charged: int = 0
    seconds: float = 0.0
    version: int = 0
    trials: list[Drawn] = field(default_factory=list)
    decisions: list[str] = field(default_factory=list)
    confirmed: set[int] = field(default_factory=set)
    points: list[Mapping[str, Value]] = field(default_factory=list)
    recorded: Callable[[Mapping[str, Value]], Mapping[str, Value]] = dict
    """The parameters that a trial is taken to have, by those that were proposed: with these it is stored."""
    earlier: Sequence[EarlierSweep] = ()
    """Sweeps before this one, from which it learns."""
    _runs: Runs = field(init=False)
    _fates: dict[tuple[int, int], Fate] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.budget, self._runs = self.spec.budget, Runs(self.spec.trainings, self.spec.folds)

    @property
    def runs(self) -> Mapping[tuple[int, int], Run]:
        """The runs by (trial, replicate), in the order of their numbers."""
        return self._runs.by_place

    def snapshot(self) -> Snapshot:
        """Return what the planner is shown."""
        need = need_of(self.spec)
        training = self._runs.any_in(TRAINING)
        since = int(str(self.memory.get("since", 1)))
        since = since if need is Need.ROUND else 1
        changed = self._drawn_from() != self.spec.space_version
        hidden = need is Need.NOTHING or (training and need is not Need.LIVE and not (changed and need is Need.ALL))
        shown = [] if hidden else [run for run in self.runs.values() if run.round >= since]
        return Snapshot(
            sweep="swp_1",
            version=self.version,
            state=self.state,
            spec=self.spec,
            dataset_sha256=SHA,
            budget=self.budget,
            drawn=len(self.trials),
            waiting=min(self._runs.count(TrialState.QUEUED), HORIZON),
            in_training=training,
            charged=self.charged,
            seconds=self.seconds,
            best_cost=min((value for value in self._runs.final.values() if value is not None), default=None),
            ending=self.ending,
            memory=json.loads(json.dumps(self.memory)),
            runs=[self._runs.view(run) for run in shown],
            trials=self._stopped() if need is Need.ALL else (),
            earlier=self.earlier if need is Need.ALL else (),
            block=self._block(),
            reason=self.reason,
            taken=self._taken(),
            leaders=self._leaders(),
            points=tuple(self.points),
            held=held_of(self.trials, self._runs.of_trial) if changed else (),
            this_round=trials_of_round(self._runs.of_trial, self.memory)
            if changed and need is Need.ALL
            else frozenset(),
        )

    def look(self) -> int:
        """Plan and apply until there are no more moves; return how many plans there were."""
        for count in range(10_000):
            made = self.planned(self.snapshot())
            if not made.moves:
                return count
            self.apply(made)
        raise AssertionError("the planner never comes to an end")

    def planned(self, shown: Snapshot) -> Plan:
        """Return the plan that is made of a snapshot."""
        return plan(shown)

    def apply(self, made: Plan) -> None:
        """Make the moves of a plan."""
        self.version += 1
        for move in made.moves:
            self._make(move)
            if self.budget.epochs is not None:
                assert self.charged <= self.budget.epochs, "no plan goes beyond the budget"
        self.memory = made.memory

    def reopen(self, budget: Budget) -> None:
        """Give the sweep another budget, as a PATCH does: what an end had cancelled outside rounds is queued again."""
        self._rebudget(budget)
        if self.state is SweepState.COMPLETED:
            self.state, self.ending, self.reason = SweepState.RUNNING, None, None
            for run in self.in_state(TrialState.CANCELLED):
                if run.round == 0 and not self._is_surplus(run) and not self._runs.is_late(run):
                    self.turn(run, TrialState.QUEUED)
            if self._drawn_from() != self.spec.space_version:
                self._hold_untouched()

    def enqueue(self, *points: Mapping[str, Value]) -> None:
        """Let hand-picked points be drawn next, on top of the budget of trials."""
        self._rebudget(replace(self.budget, trials=self.budget.trials + len(points)))
        self.points += points

    def _rebudget(self, budget: Budget) -> None:
        self.budget, self.version = budget, self.version + 1
        self.spec = replace(self.spec, budget=budget)

    def change_space(self, space: Space) -> None:
        """Give the sweep another space, as a PATCH does: trials that nobody has begun are held."""
        self.spec, self.version = (
            replace(self.spec, space=space, space_version=self.spec.space_version + 1),
            self.version + 1,
        )
        self._hold_untouched()

    def _hold_untouched(self) -> None:
        for trial, of_trial in zip(self.trials, self._runs.of_trial, strict=True):
            if not trial.enqueued and all(_untouched(run) for run in of_trial):
                for run in of_trial:
                    self.turn(run, TrialState.PAUSED)

    def _drawn_from(self) -> int:
        return int(str(self.memory.get("space", 1)))

    def _is_surplus(self, run: Run) -> bool:
        """Return whether there was no point for a run's trial when others were drawn anew."""
        trial = self.trials[run.trial]
        return not run.claimed and not trial.enqueued and trial.space_version < self._drawn_from()

    def values(self) -> dict[int, float | None]:
        """Return the value of each trial that is final, by its number."""
        return dict(sorted(self._runs.final.items()))

    def cost(self, trial: int) -> float | None:
        """Return the mean over the runs of a trial; those that are to confirm it count with all folds of their seed."""
        return self._runs.cost(trial)

    def table(self) -> list[tuple[int, int, int, TrialState, int, float | None]]:
        """Return what there is to see of the runs, in their order."""
        return [(run.trial, run.replicate, run.round, run.state, run.epochs, run.value) for run in self.runs.values()]

    def trained(self, trial: int) -> int:
        """Return the epochs that the runs of a trial have trained."""
        return sum(run.epochs for run in self._runs.of_trial[trial])

    def in_state(self, state: TrialState) -> list[Run]:
        """Return the runs in a state, by their numbers."""
        return self._runs.in_state(state)

    def start(self, run: Run) -> None:
        """Give a queued run to a worker."""
        assert run.state is TrialState.QUEUED
        run.claimed = True
        self.turn(run, TrialState.RUNNING)

    def fate(self, run: Run) -> Fate:
        """Return how a run goes."""
        key = run.trial, run.replicate
        if key not in self._fates:
            self._fates[key] = self.fates(self.trials[run.trial], run.replicate, run.last)
        return self._fates[key]

    def turn(self, run: Run, state: TrialState) -> None:
        """Note all that has changed of a run, its state last."""
        self._runs.turn(run, state)

    def _stopped(self) -> list[TrialView]:
        """Return the trials of which no run is queued or running, as the storage shows them: paused ones too."""
        return [
            self._runs.trial_view(trial, self.trials[trial].params)
            for trial in range(len(self._runs.of_trial))
            if self.trials[trial].same_as is None and self._runs.outcome(trial) not in TRAINING
        ]

    def _block(self) -> Block | None:
        first = int(str(self.memory.get("refunded", 0)))
        end = (first // REFUND_BLOCK + 1) * REFUND_BLOCK
        if len(self.trials) < end and not self._runs.any_in(TRAINING):
            end = len(self.trials)
        if first >= end or end > len(self.trials):
            return None
        if any(run.state in OPEN for of_trial in self._runs.of_trial[first:end] for run in of_trial):
            return None
        runs = [run for trial in range(first, end) for run in self._runs.of_trial[trial] if run.trial == trial]
        trained = sum(run.epochs - run.inherited for run in runs)
        return Block(first, end, sum(run.charged for run in runs), trained)

    def _make(self, move: Move) -> None:
        if isinstance(move, Draw | Redraw):
            self._draw(move) if isinstance(move, Draw) else self._redraw(move)
        elif isinstance(move, Train):
            self._go_on(move)
        elif isinstance(move, Prune):
            self.turn(self._paused(move.run), TrialState.PRUNED)
            self.decisions.append(f"{move.round} prune {move.run.trial}.{move.run.replicate}: {move.reason}")
        elif isinstance(move, Refund):
            self.charged -= move.block.charged - move.block.trained
        elif isinstance(move, Confirm):
            self._confirm(move)
        elif isinstance(move, Close):
            self._let_go(SweepState.COMPLETED, f"the search: {move.reason}", move.reason)
        else:
            self._let_go(move.state, f"{move.state}: {move.reason}", move.reason)
            if not self._runs.any_in(TRAINING):
                self.state, self.ending = move.state, None

    def _draw(self, move: Draw) -> None:
        assert move.trials
        for trial in move.trials:
            assert trial.number == len(self.trials)
            assert len(self.trials) < self.budget.trials
            assert not trial.enqueued or trial.params == self.points.pop(0)
            self.trials.append(replace(trial, params=self.recorded(trial.params)))
            self._runs.of_trial.append([] if trial.same_as is None else self._runs.of_trial[trial.same_as])
            if trial.same_as is not None:
                assert self.trials[trial.same_as].same_as is None
                continue
            last = self._last(trial)
            begins = self._begin(trial)
            assert begins < trial.to_epoch <= last
            for replicate in range(trial.replicates):
                own = trial.to_epoch - begins
                run = Run(trial.number, replicate, move.round, last, trial.to_epoch, own, begins, begins)
                self._runs.add(run)
                self.charged += run.charged
        if move.round:
            numbers = [trial.number for trial in move.trials]
            self.decisions.append(f"{move.round} draw {numbers[0]} to {numbers[-1]}: {move.reason}")

    def _taken(self) -> dict[str, int]:
        """Return the number of the first trial with each point whose result others may take."""
        taken = dict[str, int]()
        if self.spec.duplicates != "seed":
            for one in self.trials:
                own = one.inherits is None and one.same_as is None
                if own and self._runs.outcome(one.number) is not TrialState.CANCELLED:
                    taken.setdefault(key(one.params), one.number)
        return taken

    def _redraw(self, move: Redraw) -> None:
        for trial in move.trials:
            self.trials[trial.number] = replace(trial, params=self.recorded(trial.params))
            for run in self._runs.of_trial[trial.number]:
                assert run.state is TrialState.PAUSED
                assert not run.claimed
                run.last = self._last(trial)
                self.charged += trial.to_epoch - run.charged
                run.asked = run.charged = trial.to_epoch
                self.turn(run, TrialState.QUEUED)
        for number in move.surplus:
            for run in self._runs.of_trial[number]:
                self.turn(run, TrialState.CANCELLED)
        numbers = [*(trial.number for trial in move.trials), *move.surplus]
        self.decisions.append(f"{move.round} redraw {numbers}: {move.reason}")

    def _last(self, trial: Drawn) -> int:
        return int(str(complete(self.spec.fixed, trial.params)["epochs"]))

    def _begin(self, trial: Drawn) -> int:
        """Return the epoch after which a trial begins; its parent must have stopped there, or have ended before."""
        if trial.inherits is not None:
            parents = self._runs.of_trial[trial.inherits.parent]
            assert max(run.epochs for run in parents) == trial.inherits.epoch
        return trial.begins_after

    def _go_on(self, move: Train) -> None:
        assert move.runs
        for view in move.runs:
            run = self._paused(view)
            assert run.asked < move.to_epoch <= run.last
            more = move.to_epoch - run.asked
            run.charged, self.charged = run.charged + more, self.charged + more
            run.asked, run.round = move.to_epoch, move.round
            self.turn(run, TrialState.QUEUED)
        names = [f"{view.trial}.{view.replicate}" for view in move.runs]
        self.decisions.append(f"{move.round} train {', '.join(names)} to {move.to_epoch}: {move.reason}")

    def _paused(self, view: RunView) -> Run:
        run = self.runs[view.trial, view.replicate]
        assert run.state is TrialState.PAUSED
        assert self._runs.view(run) == view
        return run

    def _let_go(self, target: SweepState, told: str, reason: str) -> None:
        if self.ending is None:
            self.decisions.append(f"end {told}")
        self.ending, self.reason = target.value, reason
        for run in self.in_state(TrialState.RUNNING):
            if self._runs.is_late(run):
                self.turn(run, TrialState.CANCELLED)
        for run in [*self.in_state(TrialState.QUEUED), *self.in_state(TrialState.PAUSED)]:
            self.turn(run, TrialState.CANCELLED if run.value is None else TrialState.COMPLETED)

    def _leaders(self) -> list[Leader]:
        """Return the best completed trials of a search that is to be confirmed; first those that were cut short."""
        if self.spec.confirm is None or self.ending != SweepState.COMPLETED or self._runs.any_in(TRAINING):
            return []
        ranked = sorted(
            (not any(map(self._runs.is_unconfirmed, self._runs.of_trial[trial])), value, trial)
            for trial, value in self._runs.final.items()
            if value is not None and self._runs.outcome(trial) is TrialState.COMPLETED
        )
        return [
            Leader(trial, len(runs), max(run.asked for run in runs), sum(map(self._runs.is_unconfirmed, runs)))
            for trial, runs in (
                (trial, self._runs.of_trial[trial]) for _, _, trial in ranked[: self.spec.confirm.leaders]
            )
        ]

    def _confirm(self, move: Confirm) -> None:
        for leader in move.leaders:
            of_trial = self._runs.of_trial[leader.trial]
            assert len(of_trial) == leader.runs
            self.confirmed.add(leader.trial)
            if leader.cancelled:
                for run in filter(self._runs.is_unconfirmed, of_trial):
                    self.turn(run, TrialState.QUEUED)
                continue
            for replicate in range(leader.runs, leader.runs + move.more):
                first = of_trial[0]
                own = leader.asked - first.inherited
                run = Run(
                    *(leader.trial, replicate, 0, first.last, leader.asked, own), first.inherited, first.inherited
                )
                self._runs.add(run)
                self.charged += run.charged
        self.ending, self.reason = None, move.reason
        self.decisions.append(f"confirm {[leader.trial for leader in move.leaders]}: {move.reason}")

    def train(self, run: Run) -> None:
        """Train a run to its epoch, to its own end, or, if the sweep ends, just one epoch further."""
        fate = self.fate(run)
        assert 1 <= len(fate.best) <= run.last
        last = max(len(fate.best), run.inherited + 1)
        run.epochs = reached = min(run.epochs + 1 if self.ending else run.asked, last)
        over = reached == last
        run.value = (
            None if over and fate.end is not TrialState.COMPLETED else fate.best[min(reached, len(fate.best)) - 1]
        )
        stopped = TrialState.COMPLETED if self.ending else TrialState.PAUSED
        if not over and stopped is TrialState.PAUSED and run.value is not None:
            run.rungs = (*run.rungs, (reached, run.value))
        self.turn(run, fate.end if over else stopped)


def _untouched(run: Run) -> bool:
    return run.state is TrialState.QUEUED and not run.claimed and run.epochs == 0
