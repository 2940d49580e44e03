"""Tests of what the search benchmark searches, and of the ratios that it tells."""

from pathlib import Path

import pytest

from app.schedulers import SCHEDULERS
from app.simulation.files import read_tasks
from benchmarks.search.cases import Method, widest
from benchmarks.search.targets import verdicts
from tests.app.simulation.files import small_curves


def test_the_widest_bracket_spends_the_budget_and_one_trial_more_would_not_fit() -> None:
    assert widest([2, 6, 18, 52], 3, 2080) == 351
    assert 2 * 351 + 4 * 117 + 12 * 39 + 34 * 13 == 2080


def test_a_budget_too_small_for_a_full_training_is_one_trial() -> None:
    assert widest([2, 6, 18, 52], 3, 10) == 1


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_every_scheduler_can_be_measured_on_curves_and_is_the_same_twice(scheduler: str, tmp_path: Path) -> None:
    task = read_tasks(small_curves(tmp_path))[0]
    first, again = (Method("random", scheduler).regret(task, 1, 0.1) for _ in range(2))
    assert first == again


def _row(task: str, method: str, regrets: list[float]) -> dict[str, object]:
    return {"task": task, "table": False, "noise": 0.0, "method": method, "regrets": regrets}


def test_a_figure_on_curves_is_the_ratio_of_the_means_over_all_tasks() -> None:
    rows = [
        _row("a", "random", [0.2, 0.4]),
        _row("b", "random", [0.1, 0.1]),
        _row("a", "random + successive_halving", [0.1, 0.1]),
        _row("b", "random + successive_halving", [0.1, 0.1]),
    ]
    found = {title: measured for title, measured, _ in verdicts(rows)}
    assert found["curves, noise 0: random + successive_halving / random"] == "0.50"


def test_a_figure_whose_row_is_missing_says_so() -> None:
    found = {title: measured for title, measured, _ in verdicts([_row("a", "random", [0.2])])}
    assert found["curves, noise 0: random + successive_halving / random"] == "not measured: a row is missing"


def test_a_figure_of_time_is_the_ratio_of_seconds_of_each_table() -> None:
    methods = {"tpe": 0.1, "Optuna TPE, integers": 0.8}
    rows = [_row("a", method, [0.2]) | {"table": True, "seconds": seconds} for method, seconds in methods.items()]
    found = {title: (measured, verdict) for title, measured, verdict in verdicts(rows)}
    assert found["a: tpe / Optuna TPE, integers in time"] == ("0.12", "target <= 0.2: met")
    assert found["a: tpe / Optuna TPE, integers"] == ("1.00", "target <= 1: met")
