"""Tests of how many rows of each class go to each part."""

from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.data.parts.apportionment import apportion, part_totals, shares_of, within_one_row
from engine.data.parts.cut import Fractions
from tests.engine.data.splits import fractions

classes = st.lists(st.integers(1, 60), min_size=1, max_size=30)
few_classes = st.lists(st.integers(1, 5), min_size=1, max_size=3)


def apportioned(rows: list[int], shares: Fractions) -> np.ndarray:
    totals = part_totals(sum(rows), len(rows), shares)
    assume(totals is not None)
    assert totals is not None
    return apportion(np.array(rows), shares, totals)


@settings(deadline=None)
@given(classes, fractions)
def test_all_rows_are_dealt_each_class_is_in_train_and_each_part_is_filled(rows: list[int], shares: Fractions) -> None:
    counts = apportioned(rows, shares)
    assert counts.min() >= 0
    assert counts.sum(axis=1).tolist() == rows
    assert counts[:, 0].min() >= 1
    assert ((counts.sum(axis=0) > 0) == (np.array(shares) > 0.0)).all()


@settings(deadline=None)
@given(classes, fractions)
def test_each_part_is_within_one_row_of_its_share_unless_the_classes_need_more_in_train(
    rows: list[int], shares: Fractions
) -> None:
    totals = apportioned(rows, shares).sum(axis=0)
    wanted = np.array(shares) * sum(rows)
    if len(rows) <= wanted[0] + 1.0:
        assert np.abs(totals - wanted).max() <= 1.0 + 1e-6
    else:
        assert totals[0] == len(rows)
        left = sum(rows) - len(rows)
        assert abs(totals[1] - left * shares[1] / (shares[1] + shares[2])) <= 1.0 + 1e-6


@settings(deadline=None)
@given(classes, fractions)
def test_each_class_is_within_one_row_of_its_shares_where_each_has_a_whole_row_in_train(
    rows: list[int], shares: Fractions
) -> None:
    counts = apportioned(rows, shares)
    wanted = np.multiply.outer(rows, shares)
    assume(wanted[:, 0].min() >= 1.0)
    totals, exact = counts.sum(axis=0), np.array(shares) * sum(rows)
    assume((np.abs(totals - exact) < 1.0 - 1e-6).all())  # a whole row less for train, to fill a part, comes off a class
    assert np.abs(counts - wanted).max() < 1.0


def every_table(rows: list[int], totals: tuple[int, ...]) -> list[np.ndarray]:
    """Every table of whole numbers with those sums and each class in train."""
    ways = [[(n - a - b, a, b) for a in range(n) for b in range(n - a)] for n in rows]
    return [table for one in product(*ways) if tuple((table := np.array(one)).sum(axis=0)) == totals]


@settings(deadline=None, max_examples=50)
@given(few_classes, fractions)
def test_of_all_tables_with_these_sums_it_is_one_of_the_best(rows: list[int], shares: Fractions) -> None:
    totals = part_totals(sum(rows), len(rows), shares)
    assume(totals is not None)
    assert totals is not None
    wanted = shares_of(np.array(rows), shares)

    def verdict(counts: np.ndarray) -> tuple[float, int, float]:
        beyond = np.maximum(np.maximum(counts - np.ceil(wanted), np.floor(wanted) - counts), 0).sum()
        without_dev = sum(n > 1 and dev == 0 for n, dev in zip(rows, counts[:, 1], strict=True)) if shares[1] else 0
        return float(beyond), without_dev, round(float(np.square(counts - wanted).sum()), 6)

    assert verdict(apportion(np.array(rows), shares, totals)) == min(map(verdict, every_table(rows, totals)))


@pytest.mark.parametrize(
    ("rows", "classes", "shares", "totals"),
    [
        (100, 20, (0.7, 0.15, 0.15), (70, 15, 15)),
        (10, 1, (0.7, 0.3, 0.0), (7, 3, 0)),
        (30, 2, (0.7, 0.15, 0.15), (21, 5, 4)),  # half a row more for dev than for test
        (4, 1, (0.7, 0.15, 0.15), (2, 1, 1)),  # every part has a row
        (100, 1, (0.999, 0.001, 0.0), (99, 1, 0)),
        (12, 10, (0.5, 0.25, 0.25), (10, 1, 1)),  # every class is in train
        (30, 20, (0.5, 0.4, 0.1), (20, 8, 2)),
        (11, 10, (0.5, 0.25, 0.25), None),
        (3, 1, (0.7, 0.15, 0.15), None),  # train would lack more than a row
        (10, 1, (0.98, 0.01, 0.01), None),
        (1, 1, (0.5, 0.5, 0.0), None),
        (1, 1, (1.0, 0.0, 0.0), (1, 0, 0)),
    ],
)
def test_the_totals_of_the_parts(
    rows: int, classes: int, shares: Fractions, totals: tuple[int, int, int] | None
) -> None:
    assert part_totals(rows, classes, shares) == totals


def test_what_is_within_one_row_is_told_from_what_is_not() -> None:
    shares = (0.7, 0.15, 0.15)
    assert within_one_row(np.array([[70, 15, 15]]), shares)
    assert within_one_row(np.array([[34, 8, 8], [35, 7, 8]]), shares)
    assert not within_one_row(np.array([[80, 20, 0]]), shares)
    assert not within_one_row(np.array([[70, 13, 17]]), shares)
    assert not within_one_row(np.array([[71, 14, 14], [0, 1, 0]]), shares)
    assert not within_one_row(np.array([[4, 1, 0]]), shares)
