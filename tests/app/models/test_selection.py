"""Tests of what is chosen for an ensemble, against plain loops and against all ensembles that there are."""

import math
from collections import Counter
from itertools import combinations_with_replacement

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.models import selection
from app.models.selection import Shares, greedy, top

Y = np.array([1.0, -2.0, 0.5, 3.0])


def squared(shares: Shares) -> NDArray[np.float64]:
    """The mean squared error, and nothing to fall back on."""
    costs: NDArray[np.float64] = np.square(shares[:, 0] - Y).mean(axis=1)[:, np.newaxis]
    return costs


def hits_then_squared(shares: Shares) -> NDArray[np.float64]:
    """The share of wrong signs, and the squared error where that is equal."""
    wrong = (np.sign(shares[:, 0]) != np.sign(Y)).mean(axis=1)
    return np.stack([wrong, squared(shares)[:, 0]], axis=1)


def cost_of(models: Shares, taken: tuple[int, ...]) -> float:
    """What an ensemble costs, from its members one by one."""
    answers = [sum(float(models[place, 0, row]) for place in taken) / len(taken) for row in range(len(Y))]
    return sum((answer - float(y)) ** 2 for answer, y in zip(answers, Y, strict=True)) / len(Y)


def pool(seed: int, models: int) -> Shares:
    """Models that are each off in their own way, on a grid so that sums are exact."""
    rng = np.random.default_rng(seed)
    return np.round((Y + rng.normal(size=(models, 1, len(Y)))) * 64) / 64


@given(st.integers(0, 2**32), st.integers(1, 6), st.integers(1, 7))
def test_greedy_selection_takes_in_each_round_the_model_that_a_plain_loop_takes(
    seed: int, models: int, rounds: int
) -> None:
    shares = pool(seed, models)
    taken: tuple[int, ...] = ()
    best: tuple[float, tuple[int, ...]] = (np.inf, ())
    for _ in range(rounds):
        costs = [cost_of(shares, (*taken, place)) for place in range(models)]
        least = min(costs)
        taken = (*taken, next(place for place, cost in enumerate(costs) if cost <= least * (1 + 1e-12)))
        if costs[taken[-1]] < best[0] * (1 - 1e-12):
            best = costs[taken[-1]], taken
    counts = Counter(best[1])
    divisor = math.gcd(*counts.values())
    assert greedy(shares, squared, rounds) == [counts[place] // divisor for place in range(models)]


@given(st.integers(0, 2**32), st.integers(1, 5))
def test_what_is_chosen_is_no_worse_than_the_best_model_and_no_better_than_the_best_of_all_ensembles(
    seed: int, models: int
) -> None:
    shares = pool(seed, models)
    counts = greedy(shares, squared, rounds=4)
    taken = tuple(place for place, count in enumerate(counts) for _ in range(count))
    every = [cost_of(shares, one) for size in range(1, 5) for one in combinations_with_replacement(range(models), size)]
    assert min(every) <= cost_of(shares, taken) * (1 + 1e-12)
    assert cost_of(shares, taken) <= min(cost_of(shares, (place,)) for place in range(models)) * (1 + 1e-12)


def test_a_model_that_is_taken_again_and_again_alone_counts_once() -> None:
    # Sums of thirds and tenths differ in their last digits from round to round.
    shares = np.array([[Y + np.array([0.1, -0.3, 0.7, 1 / 3])], [Y + 9.0]])
    assert greedy(shares, squared) == [1, 0]


def test_models_that_are_off_in_opposite_ways_are_counted_so_that_they_cancel() -> None:
    shares = np.array([[Y + 1.0], [Y - 2.0], [Y + 9.0]])
    assert greedy(shares, squared) == [2, 1, 0]


def test_the_second_criterion_decides_where_the_first_is_equal() -> None:
    shares = np.array([[Y * 2.0], [Y * 0.5], [-Y]])
    assert greedy(shares, hits_then_squared, rounds=1) == [0, 1, 0]
    assert greedy(shares, hits_then_squared, rounds=3) == [1, 2, 0]  # the mean is Y itself


def test_of_equal_models_the_first_is_taken_and_of_equal_ensembles_the_smallest() -> None:
    assert greedy(np.array([[Y], [Y], [Y]]), squared) == [1, 0, 0]


def test_answers_that_are_no_numbers_are_never_taken() -> None:
    shares = np.array([[np.full(4, np.nan)], [Y + 1.0], [np.full(4, np.inf)]])
    assert greedy(shares, squared, rounds=3) == [0, 1, 0]


def ones(shares: Shares) -> NDArray[np.float64]:
    """The share of answers that are not above 0, which no answer is that is no number."""
    costs: NDArray[np.float64] = (~(shares[:, 0] > 0.0)).mean(axis=1)[:, np.newaxis] - 1.0 * np.isnan(shares[:, 0, :1])
    return costs


def test_a_model_that_diverged_is_not_taken_even_if_the_metric_is_best_for_it_nor_does_it_poison_the_others() -> None:
    diverged = np.full((2, 1, 4), [[[np.nan]], [[np.inf]]])
    half = np.array([[[1.0, 2.0, np.nan, 1.0]]])
    sound = pool(5, 3)
    assert ones(diverged)[0] < ones(sound).min()
    mixed = np.concatenate([diverged, sound, half])
    for cost in (squared, ones):
        assert greedy(mixed, cost) == [0, 0, *greedy(sound, cost), 0]
    with pytest.raises(ValueError, match="finite numbers"):
        greedy(diverged, squared)


def test_many_candidates_are_compared_in_parts_with_the_same_result(monkeypatch: pytest.MonkeyPatch) -> None:
    shares = pool(3, 9)
    whole = greedy(shares, squared)
    monkeypatch.setattr(selection, "MOST_VALUES", 8)
    assert greedy(shares, squared) == whole


def test_the_best_few_count_alike() -> None:
    assert top([True] * 5, 3) == [1, 1, 1]
    assert top([True] * 2, 3) == [1, 1]


def test_of_the_best_few_those_that_answer_with_no_numbers_are_left_out_and_no_more_are_asked() -> None:
    asked = iter([False, True, False, True, True])
    assert top(asked, 2) == [0, 1, 0, 1]
    assert list(asked) == [True]
    with pytest.raises(ValueError, match="finite numbers"):
        top([False, False], 1)
