"""Tests of the split into train, dev and test."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data import TableError
from engine.data.split import FRACTIONS, Split, split_rows
from engine.data.target import Target


def classes_of(labels: list[int]) -> Target:
    names = tuple(str(label) for label in range(max(labels) + 1))
    return Target("multiclass", np.array(labels, np.int64), names)


def parts(split: Split) -> list[list[int]]:
    return [part.tolist() for part in (split.train, split.dev, split.test)]


def numbers(rows: int) -> Target:
    return Target("regression", np.arange(float(rows)), ())


labels = st.lists(st.integers(0, 3), min_size=12, max_size=200)


@settings(deadline=None)
@given(labels, st.integers(0, 2**64))
def test_the_parts_hold_every_row_once_in_order_and_the_seed_decides(values: list[int], seed: int) -> None:
    split = split_rows(classes_of(values), seed)
    assert sorted(row for part in parts(split) for row in part) == list(range(len(values)))
    assert all(part == sorted(part) for part in parts(split))
    assert parts(split_rows(classes_of(values), seed)) == parts(split)


@settings(deadline=None)
@given(labels, st.integers(0, 100))
def test_every_class_has_its_share_of_every_part_within_one_row(values: list[int], seed: int) -> None:
    target = classes_of(values)
    split = split_rows(target, seed)
    for label in set(values):
        count = values.count(label)
        for part, fraction in zip((split.train, split.dev, split.test), FRACTIONS, strict=True):
            assert abs(int(np.sum(target.values[part] == label)) - fraction * count) <= 1.0
        assert np.any(target.values[split.train] == label)


@settings(deadline=None)
@given(st.integers(2, 300), st.integers(0, 100))
def test_a_regression_is_split_by_the_fractions_within_one_row(rows: int, seed: int) -> None:
    for part, fraction in zip(parts(split_rows(numbers(rows), seed)), FRACTIONS, strict=True):
        assert abs(len(part) - fraction * rows) <= 1.0


@pytest.mark.parametrize("rows", range(2, 20))
def test_a_class_with_two_rows_is_in_train_and_in_dev(rows: int) -> None:
    target = classes_of([0] * rows + [1] * 50)
    split = split_rows(target, 0)
    assert all(np.any(target.values[part] == 0) for part in (split.train, split.dev))


def test_another_seed_splits_otherwise() -> None:
    assert parts(split_rows(numbers(100), 0)) != parts(split_rows(numbers(100), 1))


def test_there_may_be_no_test_part() -> None:
    split = split_rows(numbers(10), 0, (0.8, 0.2, 0.0))
    assert [len(part) for part in parts(split)] == [8, 2, 0]


@pytest.mark.parametrize("target", [numbers(1), classes_of([0, 1]), classes_of([0, 1, 2])])
def test_too_few_rows_are_refused(target: Target) -> None:
    with pytest.raises(TableError, match="too few for a training and a dev part"):
        split_rows(target, 0)
