"""Tests of the leader board: against scipy's normal distribution, and against draws by chance."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from app.analysis.leaderboard import Compared, Trainings, leaderboard, on_test, pooled_deviation, probabilities_best
from app.domain.objectives import Direction
from tests.app.analysis.trials import trial


def by(direction: Direction) -> Compared:
    return Compared("dev_error", direction, "the share of wrong answers", "test_error")


COSTS = st.floats(-100.0, 100.0)
ERRORS = st.floats(0.2, 1.0)


@given(COSTS, COSTS, ERRORS, ERRORS)
def test_of_two_trials_the_better_is_the_best_as_their_difference_says(
    one: float, other: float, error: float, another: float
) -> None:
    expected = norm.cdf((other - one) / math.hypot(error, another))
    found = probabilities_best([one, other], [error, another])
    assert found == pytest.approx([expected, 1.0 - expected], abs=1e-9)


def test_of_many_trials_each_is_the_best_as_often_as_in_draws_by_chance() -> None:
    costs, errors = [0.1, 0.11, 0.13, 0.2, 0.12], [0.02, 0.01, 0.02, 0.05, 0.01]
    drawn = np.random.default_rng(7).normal(costs, errors, (400_000, 5)).argmin(axis=1)
    shares = np.bincount(drawn, minlength=5) / drawn.size
    assert probabilities_best(costs, errors) == pytest.approx(shares, abs=0.004)


@given(st.lists(st.tuples(COSTS, ERRORS), min_size=1, max_size=12))
def test_the_probabilities_add_up_to_one(trials: list[tuple[float, float]]) -> None:
    found = probabilities_best([cost for cost, _ in trials], [error for _, error in trials])
    assert math.fsum(found) == pytest.approx(1.0)
    assert min(found) >= 0.0


def test_without_any_spread_the_lowest_share_the_probability() -> None:
    assert probabilities_best([0.25, 0.5, 0.25], [0.0, 0.0, 0.0]) == [0.5, 0.0, 0.5]


def test_the_deviation_is_pooled_over_trials_that_were_trained_several_times() -> None:
    trials: list[Trainings] = [{0: 1.0, 1: 3.0}, {0: 5.0}, {0: 2.0, 1: 2.0, 2: 5.0}]
    assert pooled_deviation(trials) == pytest.approx(math.sqrt((2.0 + 6.0) / 3))
    assert pooled_deviation(trials[1:2]) is None


def test_what_a_fold_adds_for_all_trials_is_no_deviation() -> None:
    trials: list[Trainings] = [{0: 1.0, 1: 5.0, 2: 1.5, 3: 5.5}, {0: 3.0, 1: 7.0, 2: 2.5, 3: 6.5}]
    assert pooled_deviation(trials, folds=2) == pytest.approx(math.sqrt(8 * 0.25**2 / 5))
    assert pooled_deviation([{0: 1.0, 1: 5.0}], folds=2) is None


def test_a_board_has_mean_standard_error_count_and_the_figure_on_test() -> None:
    trainings: dict[int, Trainings] = {4: {0: 0.75, 1: 1.0}, 2: {0: 0.5, 1: 0.75, 2: 0.25, 3: 0.5}}
    board = leaderboard([trial(4, 0.875, 0.7), trial(2, 0.5, 0.6)], trainings, by("maximize"))
    assert board.deviation is not None
    first, second = board.items
    assert (first.rank, first.trial, first.value, first.test, first.count) == (1, 4, 0.875, 0.7, 2)
    assert (second.rank, second.trial, second.value, second.test, second.count) == (2, 2, 0.5, 0.6, 4)
    assert first.standard_error == pytest.approx(board.deviation / math.sqrt(2))
    assert second.standard_error == pytest.approx(board.deviation / 2)
    assert first.probability_best is not None
    assert first.probability_best > 0.9
    assert board.note is None


def test_a_board_names_the_metric_of_its_values_and_the_one_on_test() -> None:
    board = leaderboard([trial(0, 0.5, 0.25)], {0: {0: 0.5}}, by("minimize"))
    assert (board.metric, board.test_metric, board.meaning) == ("dev_error", "test_error", "the share of wrong answers")
    assert [on_test(name) for name in ("dev_auc", "train_loss", "auc")] == ["test_auc", "test_loss", "test_auc"]


def test_a_board_says_why_a_confirmed_trial_stands_before_one_that_looks_better() -> None:
    trainings: dict[int, Trainings] = {4: {0: 0.5, 1: 0.75, 2: 1.0}, 2: {0: 0.25}, 3: {0: 2.0}}
    trials = [replace(trial(4, 0.75), confirmed=True), trial(2, 0.25), trial(3, 2.0)]
    board = leaderboard(trials, trainings, by("minimize"))
    assert [one.rank for one in board.items] == [1, 2, 3]
    assert board.note is not None
    assert "Trials that were confirmed come first" in board.note
    assert "Trial 2, trained once alone, may yet be better than trial 4" in board.note
    sure = leaderboard([replace(trials[0], value=0.0), *trials[1:]], trainings, by("minimize"))
    assert sure.note is None


def test_a_board_of_trials_that_were_trained_once_says_what_would_tell_more() -> None:
    board = leaderboard([trial(0, 0.5)], {0: {0: 0.5}}, by("minimize"))
    assert (board.deviation, board.items[0].standard_error, board.items[0].probability_best) == (None, None, None)
    assert board.note is not None
    assert '"replicates": 3' in board.note
    assert '"confirm": {}' in board.note


def test_trainings_that_differ_by_rounding_alone_have_no_spread_and_share_the_first_place() -> None:
    mean = math.fsum([0.1] * 3) / 3
    assert mean != 0.1
    board = leaderboard([trial(4, mean), trial(2, 0.1)], {4: dict.fromkeys(range(3), 0.1), 2: {0: 0.1}}, by("minimize"))
    assert (board.deviation, [one.probability_best for one in board.items]) == (0.0, [0.5, 0.5])
    assert board.note is not None
    assert "says little of chance" in board.note
