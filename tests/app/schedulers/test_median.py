"""Tests of median stopping: who is compared with whom."""

from dataclasses import replace

from app.domain.sweeps import Objective
from app.schedulers import Contender, Passed, Round
from app.schedulers.median import MedianStopping


def stopped(costs: list[float | None], earlier: list[float]) -> Round:
    """Return a round at epoch 4 with these costs."""
    them = [Contender(trial, 4, cost, open=True) for trial, cost in enumerate(costs)]
    return Round(2, (1, 4, 7, 9), len(them), Objective("dev_error", "minimize"), them, earlier)


def test_what_lies_behind_the_median_ends_and_ties_go_on() -> None:
    found = MedianStopping().decide({}, stopped([0.5, 0.3, 0.2, 0.4, 0.3], []))
    assert found.go_on == [2, 1, 4]
    assert found.to_epoch == 7
    assert found.reason == "rung of epoch 4: no worse than 0.3, the median of 5 trials, goes on to epoch 7"
    assert found.pruned[0] == "rung of epoch 4: dev_error 0.5 is worse than 0.3, the median of 5 trials"


def test_earlier_brackets_count() -> None:
    found = MedianStopping().decide({}, stopped([0.5, 0.3], [0.1, 0.1, 0.1]))
    assert found.go_on == []
    assert set(found.pruned) == {0, 1}


def test_of_trials_that_train_on_those_behind_the_median_of_their_rung_are_ended() -> None:
    passed = Passed(2, 4, {0: 0.1, 1: 0.2, 2: 0.4}, Objective("dev_error", "minimize"))
    reason = "rung of epoch 4: dev_error 0.4 is worse than 0.2, the median of 3 trials"
    assert MedianStopping().verdict({"least": 3}, passed) == reason
    assert MedianStopping().verdict({"least": 4}, passed) is None
    assert MedianStopping().verdict({"least": 3}, replace(passed, trial=1)) is None


def test_with_too_few_values_all_that_have_one_go_on() -> None:
    found = MedianStopping().decide({}, stopped([0.5, None, 0.3], [0.1]))
    assert found.go_on == [2, 0]
    assert "too few" in found.reason
    assert set(found.pruned) == {1}
