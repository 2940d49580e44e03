"""Tests of the split by groups."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.data import TableError
from engine.data.parts.cut import FRACTIONS, Fractions
from engine.data.parts.groups import split_groups
from engine.data.parts.split import Split
from engine.data.target import Target
from tests.engine.data.splits import classes_of, fractions, numbers, parts


def groups_of(sizes: list[int], chance: int) -> np.ndarray:
    """Numbers of groups with those sizes, in any order."""
    return np.random.default_rng(chance).permutation(np.repeat(np.arange(len(sizes)), sizes))


def counts(split: Split) -> np.ndarray:
    return np.array([len(part) for part in parts(split)])


sizes = st.lists(st.integers(1, 30), min_size=3, max_size=60)


@settings(deadline=None)
@given(sizes, st.integers(0, 100), fractions)
def test_groups_stay_together_and_each_part_is_within_the_largest_group_of_its_share(
    sizes: list[int], seed: int, shares: Fractions
) -> None:
    groups = groups_of(sizes, seed)
    try:
        split = split_groups(groups, numbers(len(groups)), seed, shares)
    except TableError:
        assume(False)
    assert sorted(row for part in parts(split) for row in part) == list(range(len(groups)))
    assert [len(part) > 0 for part in parts(split)] == [share > 0.0 for share in shares]
    held = [set(groups[part].tolist()) for part in parts(split)]
    assert sum(len(one) for one in held) == len(sizes)
    assert np.abs(counts(split) - np.array(shares) * len(groups)).max() <= max(sizes) + 1e-6
    assert parts(split_groups(groups, numbers(len(groups)), seed, shares)) == parts(split)


@settings(deadline=None)
@given(st.lists(st.integers(1, 30), min_size=12, max_size=60), st.integers(0, 100))
def test_a_dozen_groups_of_like_size_can_always_be_cut_and_every_class_is_in_train(sizes: list[int], seed: int) -> None:
    sizes = [max(size, max(sizes) // 2) for size in sizes]
    groups = groups_of(sizes, seed)
    labels = np.random.default_rng(seed).integers(0, 4, len(sizes))[groups]
    split = split_groups(groups, classes_of(labels.tolist()), seed)
    assert set(labels[split.train].tolist()) == set(labels.tolist())
    assert all(parts(split))


def test_the_seed_decides_which_groups_go_where() -> None:
    groups = groups_of([5] * 40, 0)
    one, two = (split_groups(groups, numbers(200), seed) for seed in (0, 1))
    assert parts(one) != parts(two)
    assert counts(one).tolist() == counts(two).tolist() == [140, 30, 30]


@pytest.mark.parametrize("seed", range(5))
def test_groups_of_one_class_are_spread_over_the_parts(seed: int) -> None:
    groups = groups_of([4] * 60, seed)
    labels = groups % 3  # 20 groups of each class
    split = split_groups(groups, classes_of(labels.tolist()), seed)
    for label in range(3):
        share = np.array([np.sum(labels[part] == label) for part in (split.train, split.dev, split.test)]) / 80
        assert np.abs(share - FRACTIONS).max() <= 4 / 80  # a group


def test_a_class_of_one_group_is_in_train_whatever_the_seed() -> None:
    groups = groups_of([3] * 30, 0)
    labels = np.where(groups < 8, groups, 8)
    for seed in range(20):
        split = split_groups(groups, classes_of(labels.tolist()), seed)
        assert set(labels[split.train].tolist()) == set(range(9))
        assert np.abs(counts(split) - np.array(FRACTIONS) * 90).max() <= 3


def test_what_classes_need_in_train_may_be_more_than_its_share() -> None:
    groups = np.repeat(np.arange(10), 5)
    labels = np.where(groups < 8, groups, 0)
    split = split_groups(groups, classes_of(labels.tolist()), 0, (0.4, 0.3, 0.3))
    assert counts(split).tolist() == [40, 5, 5]


@pytest.mark.parametrize("sizes", [[4, 4, 1, 1], [3, 3, 3, 3], [90, 5, 5], [5, 5, 90]])
def test_few_groups_fill_every_part(sizes: list[int]) -> None:
    for seed in range(10):
        split = split_groups(groups_of(sizes, seed), numbers(sum(sizes)), seed)
        assert counts(split).min() > 0
        assert counts(split)[0] == max(counts(split))


@pytest.mark.parametrize(
    ("groups", "target", "told"),
    [
        ([0, 0, 1, 1], numbers(4), "There are 2 groups, the largest of 2 rows out of 4: too few to cut"),
        ([0, 0, 1, 1, 2, 2], numbers(6), "There are 3 groups, the largest of 2 rows out of 6: too few to cut"),
        ([0, 1, 2, 3], classes_of([0, 1, 2, 3]), "and each of the 4 classes needs one in train: too few to cut"),
    ],
)
def test_too_few_groups_are_a_fault(groups: list[int], target: Target, told: str) -> None:
    with pytest.raises(TableError) as caught:
        split_groups(np.array(groups), target, 0)
    (fault,) = caught.value.faults
    assert fault.about == "group"
    assert told in fault.detail
