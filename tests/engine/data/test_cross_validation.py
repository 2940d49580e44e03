"""Tests of the folds of a data set."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.data import Cut, Dataset, load_builtin, prepare
from engine.data.cross_validation import fold_of, folds_of_rows
from engine.training_set import TrainingSet
from tests.engine.data.small_datasets import read

labels = st.lists(st.integers(0, 3), min_size=8, max_size=60).map(lambda them: np.array(them, np.intp))


@given(labels, st.integers(2, 8))
def test_each_class_and_all_rows_are_spread_over_the_folds_within_one_row(found: NDArray[np.intp], folds: int) -> None:
    of_row = folds_of_rows(found, None, folds)
    for rows in (np.ones(len(found), bool), *(found == label for label in np.unique(found))):
        counts = np.bincount(of_row[rows], minlength=folds)
        assert counts.max() - counts.min() <= 1


@given(labels, st.integers(2, 4), st.integers(1, 12))
def test_rows_of_one_group_stay_in_one_fold(found: NDArray[np.intp], folds: int, groups: int) -> None:
    of_group = np.arange(len(found)) % groups
    of_row = folds_of_rows(found, of_group, folds)
    for group in np.unique(of_group):
        assert len(set(of_row[of_group == group])) == 1


def test_groups_of_one_size_and_class_fill_all_folds_alike() -> None:
    groups = np.repeat(np.arange(12), 5)
    of_row = folds_of_rows(np.repeat([0, 1], 30), groups, 3)
    assert np.bincount(of_row).tolist() == [20, 20, 20]
    assert np.bincount(of_row[:30]).tolist() == [10, 10, 10]


@pytest.fixture(scope="module")
def iris() -> Dataset:
    return load_builtin("iris")


def test_each_row_of_train_and_dev_is_dev_in_one_fold_and_test_stays(iris: Dataset) -> None:
    folds = [fold_of(iris, 4, fold) for fold in range(4)]
    whole = np.concatenate([iris.x_train, iris.x_dev])
    held = np.concatenate([one.x_dev for one in folds])
    assert sorted(map(tuple, held)) == sorted(map(tuple, whole))
    for one in folds:
        assert len(one.y_train) + len(one.y_dev) == len(whole)
        assert one.x_test is iris.x_test


def test_each_fold_has_its_own_normalisation(iris: Dataset) -> None:
    for fold in range(3):
        one = fold_of(iris, 3, fold)
        learned = TrainingSet.of(one, normalize_inputs=True).normalization
        assert learned is not None
        assert learned.mean == pytest.approx(one.x_train.astype(np.float64).mean(axis=0))
        assert learned.scale == pytest.approx(one.x_train.astype(np.float64).std(axis=0))


def test_a_data_set_that_was_cut_by_groups_keeps_them_together_in_its_folds() -> None:
    rows = [f"{number / 7:.3f},{patient},{'ab'[number % 2]}" for number in range(60) for patient in [number % 15]]
    table = read("\n".join(["x,patient,y", *rows]))
    dataset = Dataset.from_bytes(prepare(table, target="y", cut=Cut(group="patient")).to_bytes())
    assert dataset.groups is not None
    assert dataset.card["split"]["groups"] == len({*dataset.groups.train, *dataset.groups.dev})
    for fold in range(3):
        one = fold_of(dataset, 3, fold)
        assert one.groups is not None
        assert set(one.groups.train).isdisjoint(one.groups.dev)
        assert len(one.y_dev) > 0
