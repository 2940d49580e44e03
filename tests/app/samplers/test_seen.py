"""Tests of what kinds that learn see of a history."""

import math

from app.domain.plan import TrialView
from app.domain.states import TrialState
from app.samplers.seen import Seen, seen

HISTORY = [
    TrialView(0, {"l2": 0}, TrialState.COMPLETED, 0.25, ((2, 0.75), (6, 0.5), (18, 0.25))),
    TrialView(1, {"l2": 1}, TrialState.PRUNED, 0.5, ((2, 0.625), (6, 0.5))),
    TrialView(2, {"l2": 2}, TrialState.PAUSED, 0.375, ((2, 0.375),)),
    TrialView(3, {"l2": 3}, TrialState.DIVERGED, None, ((2, 0.125),)),
    TrialView(4, {"l2": 4}, TrialState.COMPLETED, 0.75, ((2, 0.75), (4, 0.75))),
    TrialView(5, {"l2": 5}, TrialState.RUNNING, 0.125),
]


def shown(enough: int) -> list[tuple[object, float]]:
    found = seen(HISTORY, enough)
    return [(params["l2"], cost) for params, cost in zip(found.params, found.costs, strict=True)]


def test_trials_are_compared_at_the_deepest_rung_that_enough_have_reached() -> None:
    assert shown(2) == [(0, 0.25), (3, math.inf), (4, 0.75)]
    assert shown(3) == [(0, 0.5), (1, 0.5), (3, math.inf), (4, 0.75)]
    assert shown(4) == [(0, 0.75), (1, 0.625), (2, 0.375), (3, math.inf), (4, 0.75)]


def test_where_no_rung_has_enough_trials_the_first_one_counts() -> None:
    assert shown(100) == shown(4)


def test_without_rungs_all_that_finished_are_compared_by_their_costs() -> None:
    ends = [(TrialState.COMPLETED, 0.5), (TrialState.FAILED, None), (TrialState.COMPLETED, math.nan)]
    history = [TrialView(number, {}, state, cost) for number, (state, cost) in enumerate(ends)]
    assert seen(history, 20) == Seen([{}, {}, {}], [0.5, math.inf, math.inf])
    assert seen([TrialView(0, {}, TrialState.CANCELLED, 0.5)], 1) == seen([], 1) == Seen([], [])
