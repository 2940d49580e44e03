"""What a sweep in memory shows of a changed space: the trials to be drawn anew, and those of the round under way."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from app.domain.plan import Drawn, Held
from app.domain.states import TrialState
from app.domain.values import Value


class HeldRun(Protocol):
    """What is asked of a run here."""

    trial: int
    round: int
    asked: int
    state: TrialState
    claimed: bool


def held_of(trials: Sequence[Drawn], runs: Sequence[Sequence[HeldRun]]) -> list[Held]:
    """Return the trials that nobody has begun since the space was changed; `runs` are those of each trial."""
    held, picked = list[Held](), 0
    for trial, of_trial in zip(trials, runs, strict=True):
        if all(run.state is TrialState.PAUSED and not run.claimed for run in of_trial):
            own = trial.number - picked
            held.append(Held(trial.number, own, trial.params, of_trial[0].asked, trial.space_version))
        picked += trial.enqueued or trial.inherits is not None
    return held


def trials_of_round(runs: Sequence[Sequence[HeldRun]], memory: Mapping[str, Value]) -> frozenset[int]:
    """Return the trials with a run in the round that the memory tells, none without rounds."""
    current = int(str(memory.get("round", 0)))
    return frozenset(run.trial for of_trial in runs for run in of_trial if run.round == current > 0)
