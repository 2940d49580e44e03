"""What a trial comes to by its runs: its state, and the means over its replicates."""

import math
from collections.abc import Sequence

from app.domain.runs import WITHOUT_RESULT, RunOutcome, TrialOutcome, comparable, whole_seeds
from app.domain.states import OPEN, TrialState
from app.domain.work import Diverged, Metrics

STATES = (
    TrialState.RUNNING,
    TrialState.QUEUED,
    TrialState.PAUSED,
    TrialState.FAILED,
    TrialState.CANCELLED,
    TrialState.DIVERGED,
    TrialState.PRUNED,
    TrialState.COMPLETED,
)
"""The first of these that a run is in is the trial's.

While a run is open the trial is. A failed replicate leaves no mean at all, whatever the others say, and someone should
look at it; one that was cancelled leaves none either. One diverged replicate makes the trial diverged. What a scheduler
ended is pruned, also if a replicate had stopped by itself.
"""


def outcome(
    runs: Sequence[RunOutcome], diverged: Diverged, final: TrialState | None = None, folds: int = 1
) -> TrialOutcome:
    """Return what a trial comes to by its runs, in the order of their replicates; while runs are open, so far.

    A trial that is `final` keeps its state. Replicates that came later count once they have a result, and with several
    `folds` once all folds of their seed have one: one that diverges takes the trial's value away (unless its best epoch
    counts), though the state still says how the trial ended; one that fails, is cancelled or is still open says nothing
    about the trial, and changes nothing. A trial that failed or was cancelled stays without a value, whatever its other
    replicates came to.
    """
    state = final or min((run.state for run in runs), key=STATES.index)
    whole = final is None or final in WITHOUT_RESULT
    ended = whole_seeds([run.replicate for run in runs if run.state not in OPEN | WITHOUT_RESULT], folds)
    counted = [run for run in runs if whole or run.replicate in ended] or runs
    return TrialOutcome(
        state=state,
        value=mean([comparable(run.state, run.value, diverged) for run in counted]),
        metrics=_means([run.metrics for run in counted]),
        best_epoch=counted[0].best_epoch,
        epochs=max(run.epochs for run in counted),
        seconds=math.fsum(run.seconds for run in counted),
        reason=_joined(counted),
        counted=len(counted),
    )


def mean(values: Sequence[float | None]) -> float | None:
    """Return the mean, the same in any order, and of one value the value itself; None if any is missing."""
    known = [value for value in values if value is not None]
    return math.fsum(known) / len(known) if known and len(known) == len(values) else None


def _means(metrics: Sequence[Metrics]) -> Metrics:
    """Return the mean of each metric; the metrics of a single run are the trial's."""
    if len(metrics) == 1:
        return metrics[0]
    names = dict.fromkeys(name for one in metrics for name in one)
    return {name: mean([one.get(name) for one in metrics]) for name in names}


def _joined(runs: Sequence[RunOutcome]) -> str | None:
    """Return the reasons of the runs, each with its replicates if there are several."""
    said: dict[str, list[int]] = {}
    for run in runs:
        if run.reason is not None:
            said.setdefault(run.reason, []).append(run.replicate)
    if len(said) <= 1:
        return next(iter(said), None)
    return "; ".join(f"replicate {', '.join(map(str, numbers))}: {reason}" for reason, numbers in said.items())
