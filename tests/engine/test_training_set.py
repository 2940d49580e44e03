"""Tests of data sets made ready for a stack: images and their background."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data import Dataset, load_builtin
from engine.training_set import TrainingSet
from tests.engine.stacks import random_dataset, training_set

SHAPE = (3, 4, 2)


def pictures(seed: int) -> Dataset:
    """Images of two channels that differ in mean and deviation."""
    dataset = random_dataset("multiclass", (30, 12, 5), 24, seed=seed)
    parts = {
        part: getattr(dataset, part) * np.tile(np.array([3.0, 40.0], np.float32), 12) + np.float32(7.0)
        for part in ("x_train", "x_dev", "x_test")
    }
    return replace(dataset, card={"image": list(SHAPE)}, **parts)


def moved(x: np.ndarray, fill: np.ndarray) -> np.ndarray:
    """The images one pixel further right and down, with `fill` where nothing was."""
    images = x.reshape(len(x), *SHAPE)
    answer = np.broadcast_to(fill, images.shape).copy()
    answer[:, 1:, 1:] = images[:, :-1, :-1]
    return answer.reshape(len(x), -1)


@settings(deadline=None)
@given(st.integers(0, 2**32), st.booleans())
def test_moving_an_image_and_filling_commutes_with_preparing_it(seed: int, normalize: bool) -> None:
    dataset = pictures(seed)
    data = TrainingSet.of(dataset, normalize_inputs=normalize)
    black = np.zeros(2, np.float32)
    first = TrainingSet.of(replace(dataset, x_dev=moved(dataset.x_dev, black)), normalize_inputs=normalize)
    assert data.image == SHAPE
    assert data.fill is not None
    assert data.fill.shape == (2,)
    assert data.fill.dtype == np.float32
    np.testing.assert_array_equal(moved(data.dev.x[:, :-1], data.fill), first.dev.x[:, :-1])


def test_the_background_is_zero_where_inputs_stay_as_they_are() -> None:
    data = TrainingSet.of(pictures(0), normalize_inputs=False, dtype=np.float64)
    assert data.fill is not None
    assert data.fill.tolist() == [0.0, 0.0]
    assert data.fill.dtype == np.float64


def test_digits_have_one_channel_with_mean_zero_and_deviation_one() -> None:
    dataset = load_builtin("digits")
    data = training_set(dataset, np.float64)
    assert data.image == (8, 8, 1)
    assert data.train.x[:, :-1].mean() == pytest.approx(0.0, abs=1e-6)
    assert data.train.x[:, :-1].std() == pytest.approx(1.0, abs=1e-6)
    assert data.fill == pytest.approx([-dataset.x_train.mean(dtype=np.float64) / dataset.x_train.std(dtype=np.float64)])


def test_a_table_has_neither_image_nor_background() -> None:
    data = training_set(random_dataset("binary", (30, 10, 0), 4))
    assert (data.image, data.fill) == (None, None)


def test_targets_that_do_not_fit_are_refused_all_at_once() -> None:
    dataset = random_dataset("multiclass", (12, 6, 4), 2)
    last = len(dataset.classes)
    wrong = replace(
        dataset, y_train=dataset.y_train[:-1], y_dev=np.full(6, last), y_test=np.array([0, -1, 0, 0], np.int64)
    )

    with pytest.raises(ValueError, match="12 rows of inputs and 11 targets") as raised:
        TrainingSet.of(wrong, normalize_inputs=True)
    assert f"dev part has labels from {last} to {last}, but those of {last} classes are 0 to {last - 1}" in str(
        raised.value
    )
    assert "test part has labels from -1 to 0" in str(raised.value)
