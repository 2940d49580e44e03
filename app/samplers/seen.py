"""What kinds that learn see of a history: points and costs that can be compared.

Trials are compared at one rung: the deepest that enough of them have reached. What was pruned or waits short of it is
left out; a trial that ended by itself before it (early stopping) counts with its value. Diverged and failed trials come
last, so that their surroundings are avoided. Trials that still train are absent, and so are cancelled ones.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.domain.plan import TrialView
from app.domain.states import TrialState
from app.domain.values import Value

_BY_ITSELF = frozenset({TrialState.COMPLETED, TrialState.DIVERGED, TrialState.FAILED})
_UNKNOWN = frozenset({TrialState.QUEUED, TrialState.RUNNING, TrialState.CANCELLED})


@dataclass(frozen=True)
class Seen:
    """The points of a history that can be compared, by the number of their trials; infinite costs are the worst."""

    params: Sequence[Mapping[str, Value]]
    costs: Sequence[float]


def seen(history: Sequence[TrialView], enough: int) -> Seen:
    """Return the points at the deepest rung that `enough` trials have reached, or at the first if none has so many."""
    known = [trial for trial in history if trial.state not in _UNKNOWN]
    rung = _deepest(known, enough)
    costs = [_cost_at(trial, rung) for trial in known]
    shown = [(trial.params, cost) for trial, cost in zip(known, costs, strict=True) if cost is not None]
    return Seen([params for params, _ in shown], [cost for _, cost in shown])


def _deepest(trials: Sequence[TrialView], enough: int) -> int:
    rungs = sorted({epoch for trial in trials for epoch, _ in trial.rungs}, reverse=True)
    counts = ((rung, sum(_has_a_value(_cost_at(trial, rung)) for trial in trials)) for rung in rungs)
    return next((rung for rung, count in counts if count >= enough), rungs[-1] if rungs else 0)


def _has_a_value(cost: float | None) -> bool:
    return cost is not None and math.isfinite(cost)


def _cost_at(trial: TrialView, rung: int) -> float | None:
    """Return the lowest cost up to a rung; None if the trial did not come so far."""
    if trial.cost is None or math.isnan(trial.cost):
        return math.inf if trial.state in _BY_ITSELF else None
    lowest = math.inf
    for epoch, cost in trial.rungs:
        lowest = min(lowest, cost)
        if epoch >= rung:
            return lowest
    return trial.cost if trial.state is TrialState.COMPLETED or not trial.rungs else None
