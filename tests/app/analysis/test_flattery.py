"""Tests of flattery: against draws by chance in which what each network is worth is known."""

import numpy as np
import pytest

from app.analysis.flattery import (
    PartRows,
    expected_flattery,
    expected_largest,
    flattery,
    noise_on_dev,
    spread_of_better,
)
from app.domain.trials import Trial
from tests.app.analysis.trials import trial

EQUAL = PartRows(dev=500, test=500)


@pytest.mark.parametrize(("noise", "worth"), [(0.02, 0.01), (0.01, 0.02), (0.01, 0.0)])
def test_the_expected_flattery_is_that_of_draws_by_chance(noise: float, worth: float) -> None:
    draws = np.random.default_rng(7)
    count, times = 200, 2000
    true = draws.normal(0.1, worth, (times, count))
    dev = true + draws.normal(0.0, noise, (times, count))
    best = dev.argmin(axis=1)
    flattered = (true - dev)[np.arange(times), best].mean()
    assert expected_flattery(noise, float(np.hypot(noise, worth)), count) == pytest.approx(flattered, rel=0.05)


@pytest.mark.parametrize("rows", [EQUAL, PartRows(dev=200, test=800)])
def test_the_noise_on_dev_is_told_from_what_networks_are_worth(rows: PartRows) -> None:
    draws = np.random.default_rng(7)
    worth = draws.normal(0.1, 0.05, 4000)
    of_dev, of_test = 0.5 / np.sqrt(rows.dev), 0.5 / np.sqrt(rows.test)
    dev, test = worth + draws.normal(0.0, of_dev, 4000), worth + 0.03 + draws.normal(0.0, of_test, 4000)
    found = noise_on_dev(list(zip(dev.tolist(), test.tolist(), strict=True)), rows)
    assert found == pytest.approx(of_dev, rel=0.1)


def test_the_spread_is_the_deviation_of_the_better_half() -> None:
    costs = np.random.default_rng(7).normal(0.1, 0.02, 4001)
    costs[costs > np.median(costs)] += 5.0
    assert spread_of_better(costs.tolist()) == pytest.approx(0.02, rel=0.1)


@pytest.mark.parametrize("count", [1, 10, 50, 1000])
def test_the_expected_largest_of_so_many_draws(count: int) -> None:
    largest = np.random.default_rng(7).normal(size=(4000, count)).max(axis=1).mean()
    assert expected_largest(count) == pytest.approx(largest, abs=0.03)


def pairs(noise: float, count: int = 400) -> list[Trial]:
    draws = np.random.default_rng(7)
    worth = draws.normal(0.5, 0.01, count)
    dev, test = worth + draws.normal(0.0, noise, count), worth + draws.normal(0.0, noise, count)
    return [trial(number, float(a), float(b)) for number, (a, b) in enumerate(zip(dev, test, strict=True))]


def best_of(trials: list[Trial]) -> int:
    return min(trials, key=lambda one: one.value or 1.0).number


def test_a_noisy_dev_that_was_asked_often_warns_with_the_test_figure_beside() -> None:
    trials = pairs(noise=0.02)
    best = best_of(trials)
    found = flattery(trials, best, len(trials), EQUAL, "dev_error", "minimize")
    assert found is not None
    assert (found.best_trial, found.best_dev) == (best, trials[best].value)
    assert found.best_test == trials[best].metrics["test_error"]
    assert found.flatters_by > 0.02
    assert found.warning is not None
    assert f"{found.best_test:.4g} on the test part" in found.warning


def test_with_folds_the_warning_is_of_all_rows_and_the_way_out_is_more_of_them() -> None:
    trials = pairs(noise=0.02)
    found = flattery(trials, best_of(trials), len(trials), EQUAL, "dev_error", "minimize", folds=5)
    assert found is not None
    assert found.warning is not None
    assert found.warning.startswith("All rows of train and dev, in 5 folds, were asked by 400 trials, so that")
    assert "give dev more rows" not in found.warning
    assert "upload more rows" in found.warning


def test_nothing_is_said_of_a_metric_that_dev_did_not_choose_by() -> None:
    trials = pairs(noise=0.02)
    assert flattery(trials, best_of(trials), len(trials), EQUAL, "train_loss", "minimize") is None


def test_a_dev_part_that_tells_networks_apart_does_not_warn() -> None:
    trials = pairs(noise=0.0005)
    found = flattery(trials, best_of(trials), len(trials), EQUAL, "dev_error", "minimize")
    assert found is not None
    assert found.warning is None


def test_nothing_is_said_without_a_test_part_or_of_few_trials() -> None:
    untested = [trial(number, 0.5 + number / 100) for number in range(40)]
    assert flattery(untested, 0, 40, EQUAL, "dev_error", "minimize") is None
    assert flattery(pairs(0.02)[:19], 0, 19, EQUAL, "dev_error", "minimize") is None


def test_where_higher_is_better_the_best_flatters_just_so() -> None:
    lower = pairs(noise=0.02)
    higher = [trial(one.number, -(one.value or 0.0), -(one.metrics["test_error"] or 0.0)) for one in lower]
    best = best_of(lower)
    one = flattery(lower, best, 400, EQUAL, "dev_error", "minimize")
    other = flattery(higher, best, 400, EQUAL, "dev_error", "maximize")
    assert one is not None
    assert other is not None
    assert (one.noise, one.flatters_by) == (other.noise, other.flatters_by)
