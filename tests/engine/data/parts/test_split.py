"""Tests of the split into train, dev and test."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.data import TableError
from engine.data.parts.apportionment import part_totals
from engine.data.parts.cut import FRACTIONS, Fractions
from engine.data.parts.split import split_rows
from engine.data.target import Target
from tests.engine.data.splits import classes_of, fractions, numbers, parts

labels = st.lists(st.integers(0, 3), min_size=12, max_size=200)


@settings(deadline=None)
@given(labels, st.integers(0, 2**64))
def test_the_parts_hold_every_row_once_in_order_and_the_seed_decides(values: list[int], seed: int) -> None:
    split = split_rows(classes_of(values), seed)
    assert sorted(row for part in parts(split) for row in part) == list(range(len(values)))
    assert all(part == sorted(part) for part in parts(split))
    assert parts(split_rows(classes_of(values), seed)) == parts(split)


@settings(deadline=None)
@given(labels, st.integers(0, 100), fractions)
def test_each_part_is_within_one_row_of_its_share_and_every_class_in_train(
    values: list[int], seed: int, shares: Fractions
) -> None:
    target = classes_of(values)
    if part_totals(len(values), len(set(values)), shares) is None:
        with pytest.raises(TableError, match="too few to cut"):
            split_rows(target, seed, shares)
        return
    split = split_rows(target, seed, shares)
    train, *others = parts(split)
    assert set(target.values[train].tolist()) == set(values)
    assert sorted(row for part in parts(split) for row in part) == list(range(len(values)))
    assert [len(part) > 0 for part in others] == [share > 0.0 for share in shares[1:]]
    if len(set(values)) <= shares[0] * len(values) + 1.0:
        for part, share in zip(parts(split), shares, strict=True):
            assert abs(len(part) - share * len(values)) <= 1.0 + 1e-6


def test_twenty_classes_of_five_rows_fill_every_part() -> None:
    target = classes_of([label for label in range(20) for _ in range(5)])
    split = split_rows(target, 0)
    assert [len(part) for part in parts(split)] == [70, 15, 15]
    assert np.bincount(target.values[split.train]).tolist().count(3) == 10
    assert max(np.bincount(target.values[part]).max() for part in (split.dev, split.test)) == 1
    lacking = [set(range(20)) - set(target.values[split_rows(target, seed).dev].tolist()) for seed in range(5)]
    assert len(set(map(frozenset, lacking))) > 1  # not always the same classes


@settings(deadline=None)
@given(st.integers(4, 300), st.integers(0, 100))
def test_a_regression_is_split_by_the_fractions_within_one_row(rows: int, seed: int) -> None:
    for part, fraction in zip(parts(split_rows(numbers(rows), seed)), FRACTIONS, strict=True):
        assert abs(len(part) - fraction * rows) <= 1.0


@pytest.mark.parametrize("rows", range(2, 20))
def test_a_class_with_two_rows_is_in_train_and_in_dev(rows: int) -> None:
    target = classes_of([0] * rows + [1] * 50)
    split = split_rows(target, 0)
    assert all(np.any(target.values[part] == 0) for part in (split.train, split.dev))


def by_class(values: list[int], seed: int, shares: Fractions) -> list[list[int]]:
    """The split as it was before totals were heeded: each class cut by itself, its second row for dev."""
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed)))
    found: list[list[int]] = [[], [], []]
    for label in sorted(set(values)):
        rows = rng.permutation([row for row, value in enumerate(values) if value == label]).tolist()
        own = 1 if shares[1] > 0.0 else 0
        first = max(min(round(shares[0] * len(rows)), len(rows) - own), 1)
        second = min(max(round((shares[0] + shares[1]) * len(rows)), first + own), len(rows))
        for part, some in zip(found, (rows[:first], rows[first:second], rows[second:]), strict=True):
            part.extend(some)
    return [sorted(part) for part in found]


@settings(deadline=None)
@given(labels, st.integers(0, 100), fractions)
def test_a_split_by_class_that_is_within_one_row_keeps_its_rows(
    values: list[int], seed: int, shares: Fractions
) -> None:
    before = by_class(values, seed, shares)
    near = all(abs(len(part) - share * len(values)) <= 1.0 for part, share in zip(before, shares, strict=True))
    assume(near and all(part or not share for part, share in zip(before, shares, strict=True)))
    assert parts(split_rows(classes_of(values), seed, shares)) == before


def test_another_seed_splits_otherwise() -> None:
    assert parts(split_rows(numbers(100), 0)) != parts(split_rows(numbers(100), 1))


def test_there_may_be_no_test_part() -> None:
    split = split_rows(numbers(10), 0, (0.8, 0.2, 0.0))
    assert [len(part) for part in parts(split)] == [8, 2, 0]


@pytest.mark.parametrize(
    ("target", "shares", "told"),
    [
        (numbers(1), (0.8, 0.2, 0.0), "The table has 1 row: too few to cut by the split 0.8, 0.2, 0."),
        (numbers(2), FRACTIONS, "The table has 2 rows: too few to cut by the split 0.7, 0.15, 0.15."),
        (classes_of([0, 1]), (0.5, 0.5, 0.0), "2 rows and 2 classes, each of which needs a row in train: too few"),
        (classes_of([0, 0, 1, 1, 2]), (0.4, 0.2, 0.4), None),
        (classes_of([0, 0, 1, 2, 3]), (0.4, 0.2, 0.4), "5 rows and 4 classes, each of which needs a row in train"),
    ],
)
def test_a_part_that_cannot_be_filled_is_a_fault_of_the_split(
    target: Target, shares: Fractions, told: str | None
) -> None:
    if told is None:
        assert [len(part) for part in parts(split_rows(target, 0, shares))] == [3, 1, 1]
        return
    with pytest.raises(TableError) as caught:
        split_rows(target, 0, shares)
    (fault,) = caught.value.faults
    assert fault.about == "split"
    assert told in fault.detail
    assert fault.detail.endswith("Add rows, or give the smaller parts a larger share.")
