"""Trials that are ended while they train on: those of foreign trainers that cannot pause, by what they reported."""

from collections.abc import Iterator, Sequence

from app.domain.plan import Prune, Snapshot
from app.domain.states import TrialState
from app.domain.sweeps import SweepSpec
from app.planning.memory import Memory
from app.planning.standings import standings
from app.schedulers import SCHEDULERS, Passed, Standing, Stopping


def passed_rungs(spec: SweepSpec) -> Sequence[int]:
    """Return the epochs at whose ends trials are compared while they train on; none where they pause, or never are."""
    scheduler = SCHEDULERS[str(spec.scheduler["kind"])]
    if spec.foreign is None or spec.foreign.pauses or not isinstance(scheduler, Stopping):
        return ()
    return scheduler.rungs(spec.scheduler, spec.foreign.steps)[:-1]


def overtaken(snapshot: Snapshot) -> Iterator[Prune]:
    """Yield an end for each run in training whose trial lies behind, at the last rung that it has passed."""
    spec, scheduler = snapshot.spec, SCHEDULERS[str(snapshot.spec.scheduler["kind"])]
    if not isinstance(scheduler, Stopping) or not (rungs := passed_rungs(spec)):
        return
    board = list(standings(snapshot.runs, {}, spec.objective.diverged))
    running = [run for run in snapshot.runs if run.state is TrialState.RUNNING]
    reasons = {
        passed.trial: reason
        for trial in dict.fromkeys(run.trial for run in running)
        if (passed := _passed(snapshot, board, trial, rungs)) and (reason := scheduler.verdict(spec.scheduler, passed))
    }
    round_ = Memory.of(snapshot.memory).round
    yield from (Prune(run, round_, reasons[run.trial]) for run in running if run.trial in reasons)


def _passed(snapshot: Snapshot, board: Sequence[Standing], trial: int, rungs: Sequence[int]) -> Passed | None:
    """Return the last rung that a trial has passed, with what all came to there; None before the first."""
    for epoch in reversed(rungs):
        costs = {one.trial: cost for one in board if (cost := one.cost_at(epoch)) is not None}
        if trial in costs:
            return Passed(trial, epoch, costs, snapshot.spec.objective)
    return None
