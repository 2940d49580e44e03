"""Thinning of points and curves: the lowest and the highest of every stretch stay.

Largest-triangle thinning was the other choice. It keeps the look of one smooth curve with fewer points, but drops
single extremes of noisy ones, and these (the best trial, the epoch that diverged) are what people look for here.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Reals = NDArray[np.float64]


def extremes(values: Reals, points: int) -> Numbers:
    """Return the rising places of at most `points` values: first, last, and the least and greatest of equal stretches.

    Values are (n,); NaN is never an extreme, and a stretch of NaN alone leaves none. With `points` or fewer values all
    places are returned. `points` is at least 4.
    """
    length = len(values)
    if length <= points:
        return np.arange(length)
    stretches = (points - 2) // 2
    edges = np.linspace(0, length, stretches + 1).astype(np.int64).tolist()
    places = [0, length - 1]
    # To sort a million values would take a hundred times as long as to look through the stretches one by one.
    for first, last in pairwise(edges):
        stretch = values[first:last]
        missing = np.isnan(stretch)
        if not missing.all():
            places.append(first + int(np.where(missing, np.inf, stretch).argmin()))
            places.append(first + int(np.where(missing, -np.inf, stretch).argmax()))
    return np.unique(places)


def spread(numbers: Numbers, most: int) -> Numbers:
    """Return at most `most` of these numbers, evenly from first to last: the same ones for the same numbers."""
    if len(numbers) <= most:
        return numbers
    return numbers[np.linspace(0, len(numbers) - 1, most).astype(np.int64)]


def best_and_spread(numbers: Numbers, costs: Reals, most: int) -> Numbers:
    """Return at most `most` of these rising numbers: the cheapest half, and an even choice of all others, rising.

    Costs are (n,), NaN for none. With few trials shown of many, the best would else be missing most of the time.
    """
    if len(numbers) <= most:
        return numbers
    best = _lowest(costs, most // 2)
    others = np.delete(numbers, best)
    return np.sort(np.concatenate([numbers[best], spread(others, most - len(best))]))


def _lowest(costs: Reals, count: int) -> Numbers:
    """Return the places of the `count` lowest costs, of equal ones the first; fewer if more are NaN."""
    bound = np.partition(costs, count - 1)[count - 1]  # NaN comes last
    if np.isnan(bound):
        return np.flatnonzero(~np.isnan(costs))
    below = np.flatnonzero(costs < bound)
    return np.concatenate([below, np.flatnonzero(costs == bound)[: count - len(below)]])


def improvements(costs: Reals) -> Numbers:
    """Return the places where costs (n,), none of them NaN, get lower than all before."""
    if not len(costs):
        return np.arange(0)
    lowest = np.minimum.accumulate(costs)
    return np.concatenate([[0], np.flatnonzero(lowest[1:] < lowest[:-1]) + 1])


def take(values: Sequence[float | None], places: Numbers) -> list[float | None]:
    """Return the values at these places."""
    return [values[place] for place in places.tolist()]
