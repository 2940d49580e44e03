"""The runs of a sweep in memory: where each stands, what their trials come to, and how the planner sees them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from app.domain.plan import Drawn, RunView, TrialView
from app.domain.runs import WITHOUT_RESULT, whole_seeds
from app.domain.states import OPEN, TrialState
from app.domain.values import Value
from app.planning.outcome import STATES, mean

TRAINING = frozenset({TrialState.QUEUED, TrialState.RUNNING})


@dataclass(frozen=True)
class Fate:
    """How a run would go: its best value so far after each epoch, and whether it ends by itself at the last of them.

    `seconds` are those of each epoch on a worker of speed 1; without them each takes one.
    """

    best: Sequence[float]
    end: TrialState = TrialState.COMPLETED
    seconds: Sequence[float] | None = None


Fates = Callable[[Drawn, int, int], Fate]
"""The fate of a run by its trial, its replicate and the epochs of its trial: it trains at most so many."""


@dataclass
class Run:
    """A run as the storage keeps it."""

    trial: int
    replicate: int
    round: int
    last: int  # the epochs of its trial
    asked: int
    charged: int
    inherited: int
    epochs: int
    state: TrialState = TrialState.QUEUED
    value: float | None = None
    rungs: tuple[tuple[int, float], ...] = ()
    claimed: bool = False

    @property
    def place(self) -> tuple[int, int]:
        """Its trial and its replicate."""
        return self.trial, self.replicate


def _no_runs() -> dict[TrialState, dict[tuple[int, int], Run]]:
    return {state: {} for state in TrialState}


@dataclass
class Runs:
    """All runs by (trial, replicate), those of each trial, and the values of the trials that are final.

    The first `trainings` runs of a trial tell how it stands; those after them confirm it, in as many `folds` each.
    """

    trainings: int
    folds: int
    by_place: dict[tuple[int, int], Run] = field(default_factory=dict)
    of_trial: list[list[Run]] = field(default_factory=list)
    final: dict[int, float | None] = field(default_factory=dict)
    _states: dict[TrialState, dict[tuple[int, int], Run]] = field(default_factory=_no_runs)
    _views: dict[tuple[int, int], RunView] = field(default_factory=dict)
    _trial_views: dict[int, TrialView] = field(default_factory=dict)

    def add(self, run: Run) -> None:
        """Take in a new run, which is queued; its trial is there."""
        self.by_place[run.place] = run
        self.of_trial[run.trial].append(run)
        self.turn(run, TrialState.QUEUED)

    def turn(self, run: Run, state: TrialState) -> None:
        """Note all that has changed of a run, its state last."""
        self._states[run.state].pop(run.place, None)
        self._states[state][run.place] = run
        self._views.pop(run.place, None)
        self._trial_views.pop(run.trial, None)
        run.state = state
        if any(one.state in OPEN for one in self.of_trial[run.trial][: self.trainings]):
            self.final.pop(run.trial, None)
        else:
            self.final[run.trial] = self.cost(run.trial)

    def cost(self, trial: int) -> float | None:
        """Return the mean over the runs of a trial; those that are to confirm it count with all folds of their seed."""
        runs, first = self.of_trial[trial], self.trainings
        ended = [run.replicate for run in runs if run.state not in OPEN | WITHOUT_RESULT]
        later = whole_seeds(ended, self.folds)
        return mean([run.value for run in runs if run.replicate < first or run.replicate in later])

    def in_state(self, state: TrialState) -> list[Run]:
        """Return the runs in a state, by their numbers."""
        of_state = self._states[state]
        return [of_state[place] for place in sorted(of_state)]

    def count(self, state: TrialState) -> int:
        """Return how many runs are in a state."""
        return len(self._states[state])

    def any_in(self, states: frozenset[TrialState]) -> bool:
        """Return whether a run is in one of these states."""
        return any(self._states[state] for state in states)

    def is_late(self, run: Run) -> bool:
        """Return whether a run is to confirm its trial."""
        return run.replicate >= self.trainings

    def is_unconfirmed(self, run: Run) -> bool:
        """Return whether a run was to confirm its trial, and was cut short."""
        return self.is_late(run) and run.state is TrialState.CANCELLED

    def outcome(self, trial: int) -> TrialState:
        """Return the state of a trial."""
        states = {run.state for run in self.of_trial[trial][: self.trainings]}
        return next(state for state in STATES if state in states)

    def view(self, run: Run) -> RunView:
        """Return a run as the planner sees it."""
        if run.place not in self._views:
            number = run.trial * 100 + run.replicate
            self._views[run.place] = RunView(
                number, run.trial, run.replicate, run.state, run.epochs, run.asked, run.value, run.rungs
            )
        return self._views[run.place]

    def trial_view(self, trial: int, params: Mapping[str, Value]) -> TrialView:
        """Return a trial that has stopped as the planner sees it."""
        if trial not in self._trial_views:
            self._trial_views[trial] = TrialView(trial, params, self.outcome(trial), self.cost(trial))
        return self._trial_views[trial]
