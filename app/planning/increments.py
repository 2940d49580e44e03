"""Increments: what a snapshot shows that the one before did not, so that a process that remembers is fed little."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

from app.domain.history import EarlierSweep
from app.domain.plan import RunView, Snapshot, TrialView


@dataclass(frozen=True, slots=True)
class Increment:
    """A snapshot without those runs, trials and points that the one before showed alike; `anew` it leaves out none.

    Earlier sweeps are the same in all snapshots of a sweep: the first one shows them.
    """

    snapshot: Snapshot
    anew: bool


@final
class Shown:
    """What snapshots of one sweep have shown, to the one who shows them or to the one who sees them."""

    def __init__(self) -> None:
        self._runs: dict[int, RunView] = {}
        self._trials: dict[int, TrialView] = {}
        self._taken: dict[str, int] = {}
        self._earlier: Sequence[EarlierSweep] = ()

    def increment(self, snapshot: Snapshot) -> Increment:
        """Return what is new in a snapshot, and remember it; all of it, if something shown before has gone."""
        runs = {run.key: run for run in snapshot.runs}
        trials = {trial.number: trial for trial in snapshot.trials}
        taken = dict(snapshot.taken)
        stayed = self._runs.keys() <= runs.keys() and self._trials.keys() <= trials.keys()
        anew = not (stayed and self._taken.keys() <= taken.keys())
        new_runs = [run for key, run in runs.items() if anew or self._runs.get(key) != run]
        new_trials = [trial for number, trial in trials.items() if anew or self._trials.get(number) != trial]
        new_taken = {point: number for point, number in taken.items() if anew or self._taken.get(point) != number}
        earlier = () if self._earlier and not anew else snapshot.earlier
        self._runs, self._trials, self._taken, self._earlier = runs, trials, taken, snapshot.earlier
        new = replace(snapshot, runs=new_runs, trials=new_trials, taken=new_taken, earlier=earlier)
        return Increment(new, anew)

    def whole(self, increment: Increment) -> Snapshot:
        """Return the snapshot of an increment, and remember it."""
        if increment.anew:
            self._runs, self._trials, self._taken, self._earlier = {}, {}, {}, ()
        self._runs |= {run.key: run for run in increment.snapshot.runs}
        self._trials |= {trial.number: trial for trial in increment.snapshot.trials}
        self._taken |= increment.snapshot.taken
        self._earlier = self._earlier or increment.snapshot.earlier
        runs = sorted(self._runs.values(), key=lambda run: (run.trial, run.replicate))
        trials = [self._trials[number] for number in sorted(self._trials)]
        return replace(increment.snapshot, runs=runs, trials=trials, taken=self._taken, earlier=self._earlier)


@dataclass(frozen=True, slots=True)
class Question:
    """What comes next in a sweep? Those that are `over` may be forgotten."""

    increment: Increment
    over: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """What came of a question whose plan raised an error."""

    traceback: str
