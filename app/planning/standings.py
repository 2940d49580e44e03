"""Standings: what each trial had come to at its rungs, by its runs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from math import isnan

from app.domain.plan import RunView, Snapshot, TrialView
from app.domain.runs import comparable
from app.domain.states import OPEN, TrialState
from app.domain.values import Value
from app.domain.work import Diverged
from app.planning.outcome import STATES, mean
from app.planning.within import placed
from app.schedulers import Standing

_TRAINING = frozenset({TrialState.QUEUED, TrialState.RUNNING})


def standings(
    runs: Sequence[RunView], params: Mapping[int, Mapping[str, Value]], diverged: Diverged
) -> Iterator[Standing]:
    """Yield the standing of each trial, by number; `params` are known of some."""
    for trial, group in groupby(runs, key=lambda run: run.trial):
        of_trial = list(group)
        states = {run.state for run in of_trial}
        yield Standing(
            trial=trial,
            params=params.get(trial, {}),
            state=min(states, key=STATES.index),
            epochs=max(run.epochs for run in of_trial),
            open=TrialState.PAUSED in states and not states & _TRAINING,
            rungs=_rungs(of_trial, diverged),
        )


def history(snapshot: Snapshot) -> list[TrialView]:
    """Return the finished trials as samplers see them: as points of the space, with their costs at their rungs."""
    compared = {run.trial for run in snapshot.runs if run.rungs}
    runs = [run for run in snapshot.runs if run.trial in compared]
    rungs = {one.trial: one.rungs for one in standings(runs, {}, snapshot.spec.objective.diverged)}
    points = placed(snapshot)
    return [
        replace(trial, params=points[trial.number], rungs=rungs.get(trial.number, ()))
        for trial in snapshot.trials
        if trial.number in points
    ]


def _rungs(runs: Sequence[RunView], diverged: Diverged) -> list[tuple[int, float]]:
    known = [dict(_costs(run, diverged)) for run in runs]
    rungs = list[tuple[int, float]]()
    for epoch in sorted({epoch for costs in known for epoch in costs}):
        cost = mean([_cost_at(run, costs, epoch) for run, costs in zip(runs, known, strict=True)])
        if cost is not None:
            rungs.append((epoch, cost))
    return rungs


def _costs(run: RunView, diverged: Diverged) -> Iterator[tuple[int, float]]:
    """Yield the rungs of a run, and where it stands if it does not train."""
    yield from run.rungs
    now = comparable(run.state, run.cost, diverged)
    if run.state not in _TRAINING and now is not None and not isnan(now):
        yield run.epochs, now


def _cost_at(run: RunView, costs: Mapping[int, float], epoch: int) -> float | None:
    """Return the cost of a run at an epoch; one that ended by itself before keeps that of its end."""
    over = run.state not in OPEN and run.state is not TrialState.PRUNED and run.epochs < epoch
    return costs.get(run.epochs) if over else costs.get(epoch)
