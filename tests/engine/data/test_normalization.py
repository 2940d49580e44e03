"""Tests of input normalisation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from engine.data import Normalization


@settings(deadline=None)
@given(hnp.arrays(np.float32, st.tuples(st.integers(2, 30), st.just(3)), elements=st.floats(-1e6, 1e6, width=32)))
def test_train_gets_mean_zero_and_deviation_one_but_where_it_is_constant(x: np.ndarray) -> None:
    normalised = Normalization.fit(x).apply(x).astype(np.float64)
    constant = np.all(x == x[0], axis=0)
    np.testing.assert_array_equal(normalised[:, constant], 0.0)
    spread = x.astype(np.float64).std(axis=0) > 1e-3 * np.abs(x).max(axis=0, initial=0.0)
    np.testing.assert_allclose(normalised[:, spread].mean(axis=0), 0.0, atol=1e-3)
    np.testing.assert_allclose(normalised[:, spread].std(axis=0), 1.0, rtol=1e-3)


@settings(deadline=None)
@given(st.floats(-(2.0**100), 2.0**100, width=32), st.integers(1, 2000))
def test_a_constant_input_has_scale_one_whatever_its_value(value: float, rows: int) -> None:
    x = np.full((rows, 1), value, np.float32)
    assert Normalization.fit(x).scale.tolist() == [1.0]


def test_other_parts_are_normalised_by_the_moments_of_train() -> None:
    normalization = Normalization.fit(np.array([[0.0], [2.0]], np.float32))
    answer = normalization.apply(np.array([[4.0], [1.0]], np.float32))
    assert answer.tolist() == [[3.0], [0.0]]
    assert answer.dtype == np.float32


@settings(deadline=None)
@given(hnp.arrays(np.float32, st.tuples(st.integers(1, 30), st.just(3)), elements=st.floats(-1e6, 1e6, width=32)))
def test_scaling_back_brings_the_inputs_back(x: np.ndarray) -> None:
    learned = Normalization.fit(x)
    back = learned.apply(x).astype(np.float64) * learned.scale + learned.mean
    np.testing.assert_allclose(back, x, rtol=1e-5, atol=1e-5 * float(np.abs(x).max(initial=1.0)))


shapes = st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 3))


@settings(deadline=None)
@given(shapes, st.integers(2, 20), st.integers(0, 2**32))
def test_the_pixels_of_a_channel_share_its_moments(shape: tuple[int, int, int], rows: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    pictures = (rng.normal(size=(rows, *shape)) * [3.0, 0.1, 40.0][: shape[2]] + 5.0).astype(np.float32)
    learned = Normalization.fit(pictures.reshape(rows, -1), shape)
    normalised = learned.apply(pictures.reshape(rows, -1)).reshape(rows, *shape).astype(np.float64)
    for channel in range(shape[2]):
        assert len(set(learned.mean[channel :: shape[2]])) == len(set(learned.scale[channel :: shape[2]])) == 1
        assert abs(normalised[..., channel].mean()) < 1e-4
        assert abs(normalised[..., channel].std() - 1.0) < 1e-4


def test_a_pixel_that_is_constant_in_train_does_not_blow_up_when_ink_is_moved_there() -> None:
    pictures = np.zeros((50, 2, 2, 1), np.float32)
    pictures[:, 0, 0, 0] = np.linspace(0.0, 16.0, 50)
    learned = Normalization.fit(pictures.reshape(50, 4), (2, 2, 1))
    moved = pictures[:, ::-1, ::-1].reshape(50, 4)
    np.testing.assert_array_equal(learned.apply(moved), learned.apply(pictures.reshape(50, 4))[:, ::-1])


@pytest.mark.parametrize("value", [0.1, 255.0, 1e30])
def test_a_constant_channel_has_scale_one(value: float) -> None:
    x = np.full((700, 9 * 9 * 2), value, np.float32)
    x[:, ::2] = np.arange(81)
    assert Normalization.fit(x, (9, 9, 2)).scale[1::2].tolist() == [1.0] * 81
