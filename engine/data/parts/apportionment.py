"""How many rows of each class go to train, dev and test: arithmetic on counts, exact in its totals."""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import permutations, product

import numpy as np
from numpy.typing import NDArray

from engine.data.parts.cut import Fractions

Counts = NDArray[np.int64]
_Cells = NDArray[np.float64]

# What a cell costs beyond the square of its distance from its share. A move passes through at most six cells, each
# nearer to or farther from its share by less than one row, so that the greater cost always decides.
_WITHOUT_DEV = 16.0
_BEYOND_ONE_ROW = 64.0


def shares_of(rows: Counts | int, fractions: Fractions) -> _Cells:
    """Return the shares of rows that train, dev and test should have, (..., 3); they sum to the rows."""
    shares = np.multiply.outer(rows, np.array(fractions) / sum(fractions))
    return np.asarray(np.round(shares, 9))  # 0.7 * 10 is 7, not a little more


def within_one_row(counts: Counts, fractions: Fractions) -> bool:
    """Return whether counts (classes, 3) have each class in train, their totals within one row, and no part empty."""
    totals = counts.sum(axis=0)
    near = np.abs(totals - shares_of(int(totals.sum()), fractions)) <= 1.0
    filled = (totals > 0) | (np.array(fractions) == 0.0)
    return bool(counts[:, 0].all() and near.all() and filled.all())


def part_totals(rows: int, classes: int, fractions: Fractions) -> tuple[int, ...] | None:
    """Return the rows of train, dev and test: whole numbers nearest to their shares, within one row of each.

    Train gets a row for each class in any case, and more than its share if need be. Returns None where a part that
    has a share would be left without a row.
    """
    shares = shares_of(rows, fractions)
    least = (classes, *(int(fraction > 0.0) for fraction in fractions[1:]))
    if (found := _nearest(rows, shares, least)) or classes <= shares[0] + 1.0:
        return found
    rest = rows - classes
    others = _nearest(rest, shares[1:] * (rest / shares[1:].sum()), least[1:])
    return (classes, *others) if others else None


def _nearest(rows: int, shares: _Cells, least: Sequence[int]) -> tuple[int, ...] | None:
    """Return whole numbers that sum to `rows`, each within one of its share and at least its `least`."""
    several = product(*(_near(share, low) for share, low in zip(shares[1:], least[1:], strict=True)))
    each = ((rows - sum(others), *others) for others in several)
    possible = [one for one in each if one[0] >= least[0] and abs(one[0] - shares[0]) <= 1.0]
    return min(possible, key=lambda one: (round(float(np.square(one - shares).sum()), 9), one[::-1]), default=None)


def _near(share: float, least: int) -> Iterable[int]:
    return range(max(least, math.ceil(share - 1.0)), math.floor(share + 1.0) + 1) if share or least else (0,)


def apportion(classes: Counts, fractions: Fractions, totals: Sequence[int]) -> Counts:
    """Return how many rows of each class go to each part, (classes, 3), with exactly the totals of `part_totals`.

    Each class has a row in train. Then each part of a class is its share, rounded down or up, wherever that is
    possible; then a class with two rows or more has one in dev; then the shares are as near as can be (the least sum
    of squares, which for one class is the method of largest remainders).

    Rows are dealt to each class by itself, and then moved from parts with too many to parts with too few, always where
    it costs least: successive shortest paths, which end at the least cost since the cost of every cell is convex.
    """
    shares = shares_of(classes, fractions)
    counts = np.maximum(np.floor(shares).astype(np.int64) - 1, [1, 0, 0])
    while (left := classes - counts.sum(axis=1)).any():
        rows = np.flatnonzero(left)
        price = _cost(counts + 1, shares, fractions) - _cost(counts, shares, fractions)
        counts[rows, price[rows].argmin(axis=1)] += 1
    while (surplus := counts.sum(axis=0) - totals).any():
        for row, source, sink in _cheapest(_moves(counts, shares, fractions), surplus):
            counts[row, source] -= 1
            counts[row, sink] += 1
    return counts


def _cost(counts: Counts, shares: _Cells, fractions: Fractions) -> _Cells:
    """Return what each cell costs, (classes, 3): convex in its count, and infinite where it cannot be."""
    beyond = np.maximum(np.maximum(counts - np.ceil(shares), np.floor(shares) - counts), 0.0)
    cost = np.square(counts - shares) + _BEYOND_ONE_ROW * beyond
    if fractions[1] > 0.0:
        cost[:, 1] += _WITHOUT_DEV * ((counts[:, 1] == 0) & (shares.sum(axis=1) > 1.5))
    impossible = (counts < [1, 0, 0]) | ((counts > 0) & (np.array(fractions) == 0.0))
    return np.where(impossible, np.inf, cost)


_Move = tuple[int, int, int]
"""A class, the part that it gives a row, and the part that takes it."""


def _moves(counts: Counts, shares: _Cells, fractions: Fractions) -> dict[tuple[int, int], tuple[float, _Move]]:
    """Return for each two parts the cheapest move of a row from the first to the second."""
    now = _cost(counts, shares, fractions)
    give = _cost(counts - 1, shares, fractions) - now
    take = _cost(counts + 1, shares, fractions) - now
    moves = {}
    for source, sink in permutations(range(3), 2):
        price = give[:, source] + take[:, sink]
        row = int(price.argmin())
        moves[source, sink] = float(price[row]), (row, source, sink)
    return moves


def _cheapest(moves: dict[tuple[int, int], tuple[float, _Move]], surplus: Counts) -> list[_Move]:
    """Return the cheapest moves, one or two, that bring a row from a part with too many to one with too few."""

    def paths() -> Iterator[tuple[float, list[_Move]]]:
        for source, sink in permutations(range(3), 2):
            if surplus[source] > 0 > surplus[sink]:
                between = 3 - source - sink
                for steps in ([(source, sink)], [(source, between), (between, sink)]):
                    yield sum(moves[step][0] for step in steps), [moves[step][1] for step in steps]

    return min(paths(), key=lambda path: (round(path[0], 9), len(path[1])))[1]
