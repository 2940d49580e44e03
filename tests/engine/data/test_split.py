"""Tests of the split into train, dev and test."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data import TableError
from engine.data.split import FRACTIONS, Fractions, Split, fractions_for, split_rows
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


shares = st.tuples(st.integers(1, 20), st.integers(0, 20), st.integers(0, 20)).map(
    lambda parts: (parts[0] / sum(parts), parts[1] / sum(parts), parts[2] / sum(parts))
)


@settings(deadline=None)
@given(labels, st.integers(0, 100), shares)
def test_any_fractions_part_every_class_within_one_row_if_train_and_dev_have_a_row_of_it(
    values: list[int], seed: int, fractions: Fractions
) -> None:
    target = classes_of(values)
    try:
        split = split_rows(target, seed, fractions)
    except TableError:
        assert fractions[1] > 0.0  # dev should have rows
        assert max(values.count(label) for label in values) == 1  # and no class can give it one
        return
    assert sorted(row for part in parts(split) for row in part) == list(range(len(values)))
    for label in set(values):
        count = values.count(label)
        wanted = [fraction * count for fraction in fractions]
        found = [int(np.sum(target.values[part] == label)) for part in (split.train, split.dev, split.test)]
        assert found[0] >= 1
        assert found[1] >= (1 if fractions[1] > 0.0 and count > 1 else 0)
        if wanted[0] >= 1.0 and (wanted[1] >= 1.0 or fractions[1] == 0.0):
            assert all(abs(one - other) <= 1.0 for one, other in zip(found, wanted, strict=True))
        if fractions[2] == 0.0:
            assert found[2] == 0


@pytest.mark.parametrize(
    ("separate", "default", "possible"),
    [
        ([], (0.7, 0.15, 0.15), [(0.8, 0.2, 0.0), (0.5, 0.25, 0.25), (0.333333, 0.333333, 0.333334)]),
        (["dev"], (1.0, 0.0, 0.0), [(0.9, 0.0, 0.1)]),
        (["test"], (0.85, 0.15, 0.0), [(0.5, 0.5, 0.0)]),
        (["dev", "test"], (1.0, 0.0, 0.0), [(1.0, 0.0, 0.0)]),
    ],
)
def test_what_is_cut_from_the_training_table_depends_on_which_parts_have_tables_of_their_own(
    separate: list[str], default: Fractions, possible: list[Fractions]
) -> None:
    assert fractions_for(None, separate) == default
    for said in possible:
        assert fractions_for(said, separate) == said


@pytest.mark.parametrize(
    ("said", "separate", "rules"),
    [
        ((0.7, 0.4, 0.1), [], ["The split 0.7, 0.4, 0.1 sums to 1.2"]),
        ((0.7, 0.4, -0.1), [], ["share that is negative or no number"]),
        ((float("nan"), 0.5, 0.5), [], ["share that is negative or no number"]),
        ((float("inf"), 0.5, 0.5), [], ["share that is negative or no number"]),
        ((0.0, 0.5, 0.5), [], ["leaves nothing to train on"]),
        ((0.9, 0.0, 0.1), [], ["leaves nothing to choose by: give dev a share, or a file of its own"]),
        ((0.9, 0.0, 0.1), ["test"], ["leaves nothing to choose by", "cuts test from the training table"]),
        ((0.8, 0.1, 0.1), ["dev"], ["cuts dev from the training table, but dev has a file of its own"]),
        ((0.8, 0.1, 0.1), ["dev", "test"], ["cuts dev", "cuts test"]),
        ((0.0, 0.0, 0.5), [], ["sums to 0.5", "nothing to train on", "nothing to choose by"]),
    ],
)
def test_fractions_that_make_no_sense_are_refused_with_every_fault(
    said: Fractions, separate: list[str], rules: list[str]
) -> None:
    with pytest.raises(TableError) as caught:
        fractions_for(said, separate)
    assert [fault.about for fault in caught.value.faults] == ["split"] * len(rules)
    for fault, rule in zip(caught.value.faults, rules, strict=True):
        assert rule in fault.detail


def test_another_seed_splits_otherwise() -> None:
    assert parts(split_rows(numbers(100), 0)) != parts(split_rows(numbers(100), 1))


def test_there_may_be_no_test_part() -> None:
    split = split_rows(numbers(10), 0, (0.8, 0.2, 0.0))
    assert [len(part) for part in parts(split)] == [8, 2, 0]


@pytest.mark.parametrize("target", [numbers(1), classes_of([0, 1]), classes_of([0, 1, 2])])
def test_too_few_rows_are_refused(target: Target) -> None:
    with pytest.raises(TableError, match="too few for a training and a dev part"):
        split_rows(target, 0)
