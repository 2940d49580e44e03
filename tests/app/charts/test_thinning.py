"""Thinned points keep what the eye looks for: the ends, and the extremes of every stretch."""

from itertools import pairwise
from math import isnan, nan

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.charts.thinning import best_and_spread, extremes, improvements, spread

reals = st.floats(-10, 10) | st.just(nan)
curves = st.lists(reals, max_size=200).map(lambda values: np.array(values, np.float64))


@given(curves, st.integers(4, 50))
def test_extremes_keep_ends_and_the_least_and_greatest_of_all(values: np.ndarray, points: int) -> None:
    places = extremes(values, points)
    assert len(places) <= points or len(places) == len(values) <= points
    assert list(places) == sorted(set(places.tolist()))
    if len(values):
        assert {0, len(values) - 1} <= set(places.tolist())
    kept, there = values[places], values[~np.isnan(values)]
    if len(there):
        assert np.nanmin(kept) == there.min()
        assert np.nanmax(kept) == there.max()


@given(curves, st.integers(4, 50))
def test_each_stretch_keeps_its_own_extremes(values: np.ndarray, points: int) -> None:
    places = set(extremes(values, points).tolist())
    if len(values) <= points:
        return
    edges = np.linspace(0, len(values), (points - 2) // 2 + 1).astype(int)
    for first, last in pairwise(edges):
        part = [value for value in values[first:last].tolist() if not isnan(value)]
        kept = [values[place] for place in places if first <= place < last]
        if part:
            assert min(part) in kept
            assert max(part) in kept


def test_few_points_stay_as_they_are() -> None:
    assert extremes(np.array([3.0, nan, 1.0]), 4).tolist() == [0, 1, 2]


@given(st.integers(0, 300), st.integers(1, 50))
def test_a_spread_reaches_from_the_first_to_the_last(length: int, most: int) -> None:
    numbers = np.arange(length) * 3
    chosen = spread(numbers, most).tolist()
    assert len(chosen) == len(set(chosen)) == min(length, most)
    if length and most > 1:
        assert {0, 3 * (length - 1)} <= set(chosen)


@given(curves, st.integers(2, 40))
def test_the_best_are_always_among_those_chosen(costs: np.ndarray, most: int) -> None:
    numbers = np.arange(len(costs)) + 5
    chosen = best_and_spread(numbers, costs, most).tolist()
    assert len(chosen) == len(set(chosen)) == min(len(costs), most)
    assert chosen == sorted(chosen)
    known = np.flatnonzero(~np.isnan(costs))
    if len(known):
        assert int(known[np.argmin(costs[known])]) + 5 in chosen


@given(st.lists(st.floats(-10, 10), max_size=50))
def test_improvements_are_the_places_of_a_new_best(costs: list[float]) -> None:
    wanted = [place for place, cost in enumerate(costs) if place == 0 or cost < min(costs[:place])]
    assert improvements(np.array(costs, np.float64)).tolist() == wanted
