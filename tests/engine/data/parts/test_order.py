"""Tests of the split by order."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.data import TableError
from engine.data.parts.cut import FRACTIONS, Fractions
from engine.data.parts.order import split_order
from tests.engine.data.splits import fractions, parts


def ranks_of(values: list[int]) -> np.ndarray:
    return np.unique(values, return_inverse=True)[1]


@settings(deadline=None)
@given(st.lists(st.integers(0, 60), min_size=4, max_size=200), fractions)
def test_every_row_of_dev_comes_after_train_and_before_test_and_ties_stay_together(
    values: list[int], shares: Fractions
) -> None:
    ranks = ranks_of(values)
    assume(len(set(values)) >= sum(share > 0.0 for share in shares))
    found = parts(split_order(ranks, shares))
    assert sorted(row for part in found for row in part) == list(range(len(values)))
    assert [len(part) > 0 for part in found] == [share > 0.0 for share in shares]
    held = [ranks[part] for part in found if part]
    for before, after in pairwise(held):
        assert before.max() < after.min()


@settings(deadline=None)
@given(st.integers(4, 200), st.integers(0, 1000), fractions)
def test_without_ties_each_part_is_within_one_row_of_its_share(rows: int, chance: int, shares: Fractions) -> None:
    assume(all(share * rows >= 1.0 or share == 0.0 for share in shares))
    ranks = np.random.default_rng(chance).permutation(rows)
    for part, share in zip(parts(split_order(ranks, shares)), shares, strict=True):
        assert abs(len(part) - share * rows) <= 1.0 + 1e-6


def test_the_last_rows_are_test_and_those_before_them_dev() -> None:
    ranks = np.arange(20)[::-1]
    assert parts(split_order(ranks, FRACTIONS)) == [list(range(6, 20)), [3, 4, 5], [0, 1, 2]]
    assert parts(split_order(ranks, (0.8, 0.0, 0.2))) == [list(range(4, 20)), [], [0, 1, 2, 3]]
    assert parts(split_order(ranks, (1.0, 0.0, 0.0))) == [list(range(20)), [], []]


def test_a_part_begins_with_the_value_nearest_to_its_share() -> None:
    ranks = ranks_of([1] * 60 + [2] * 25 + [3] * 15)
    assert [len(part) for part in parts(split_order(ranks, FRACTIONS))] == [60, 25, 15]
    heavy = ranks_of([1] * 5 + [2] * 5 + [3] * 90)
    assert [len(part) for part in parts(split_order(heavy, FRACTIONS))] == [5, 5, 90]


def test_fewer_values_than_parts_are_a_fault() -> None:
    with pytest.raises(TableError) as caught:
        split_order(ranks_of([1, 1, 2]), FRACTIONS)
    (fault,) = caught.value.faults
    assert fault.about == "order"
    assert "has 2 different values, too few to cut by the split 0.7, 0.15, 0.15" in fault.detail
