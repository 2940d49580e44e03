"""Tests of input normalisation."""

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from engine.data import Normalization
from engine.data.rounding import ROUNDING, varies
from engine.rules import FIRST


@settings(deadline=None)
@given(hnp.arrays(np.float32, st.tuples(st.integers(2, 30), st.just(3)), elements=st.floats(-1e6, 1e6, width=32)))
def test_train_gets_mean_zero_and_deviation_one_but_where_it_is_constant(x: np.ndarray) -> None:
    learned = Normalization.fit(x)
    normalised = learned.apply(x).astype(np.float64)
    assert np.all(learned.constant[np.all(x == x[0], axis=0)])
    assert np.all(normalised[:, learned.constant] == 0.0)
    spread = ~learned.constant & (x.astype(np.float64).std(axis=0) > 1e-3 * np.abs(x).max(axis=0, initial=0.0))
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
    atol = 1e-5 * float(np.abs(x).max(initial=1.0)) + ROUNDING * np.spacing(np.abs(x).max(axis=0))
    assert np.all(np.abs(back - x) <= atol + 1e-5 * np.abs(x))


def exact_moments(values: Sequence[float]) -> tuple[Fraction, Fraction]:
    """Mean and variance without any rounding."""
    ratios = [value.as_integer_ratio() for value in values]
    unit, rows = max(bottom for _, bottom in ratios), len(values)  # all of them are powers of two
    whole = [top * (unit // bottom) for top, bottom in ratios]
    total, squares = sum(whole), sum(number * number for number in whole)
    return Fraction(total, unit * rows), Fraction(rows * squares - total * total, (unit * rows) ** 2)


columns = st.builds(
    lambda offset, spread, steps: [offset + spread * step for step in steps],
    st.sampled_from([0.0, 1.0, -1e12, 1e12, 1.7e9, 3e38]),
    st.sampled_from([1.0, 1e-46, 1e-3, 2.0**-12, 1e30]),
    st.lists(st.floats(-100.0, 100.0), min_size=2, max_size=40),
)


@settings(deadline=None)
@given(columns)
def test_the_moments_are_right_far_from_zero_and_close_to_it(values: list[float]) -> None:
    x = np.array(values)[:, np.newaxis]
    mean, variance = exact_moments(values)
    learned = Normalization.fit(x)
    assert abs(Fraction(float(learned.mean[0])) - mean) <= 2 * Fraction(float(np.spacing(np.abs(x).max())))
    if not learned.constant[0]:
        ratio = Fraction(float(learned.scale[0])) ** 2 / variance
        assert float(ratio) == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize("offset", [0.0, 1e9, 1e12, -1e12])
def test_every_input_is_right_at_an_offset_over_many_rows(offset: float) -> None:
    rows = 70_000  # more than are taken at a time
    x = offset + np.random.default_rng(3).integers(-4096, 4096, (rows, 3)) / 4096.0
    learned = Normalization.fit(x)
    for column in range(3):
        mean, variance = exact_moments(x[:, column].tolist())
        assert learned.mean[column] == pytest.approx(float(mean), rel=4e-16, abs=2e-16)
        assert learned.scale[column] ** 2 == pytest.approx(float(variance), rel=1e-13)
    wanted = ((x - offset) - (learned.mean - offset)) / learned.scale
    np.testing.assert_array_equal(learned.apply(x), wanted.astype(np.float32))


def test_values_below_the_smallest_of_float32_are_told_apart() -> None:
    x = 1e-46 * np.arange(40.0)[:, np.newaxis]
    normalised = Normalization.fit(x).apply(x)
    np.testing.assert_allclose(normalised, Normalization.fit(x * 1e46).apply(x * 1e46), rtol=1e-6)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("value", [1.0, -0.1, 1e30, 1e-40, 0.0])
def test_a_range_of_eight_units_in_the_last_place_is_rounding_and_nine_are_not(kind: type, value: float) -> None:
    unit = np.spacing(kind(value))
    for units, constant in ((ROUNDING, True), (ROUNDING + 1, False)):
        x: np.ndarray = np.array([[kind(value)], [kind(value) + kind(units) * unit]], kind)
        learned = Normalization.fit(x)
        assert learned.constant.tolist() == [constant]
        assert np.all(np.isfinite(learned.apply(x)))
        assert bool(learned.scale[0] == 1.0) is constant


def test_what_is_too_far_from_train_becomes_infinite() -> None:
    learned = Normalization.fit(np.array([[0.0], [1e-42]], np.float32))
    assert learned.apply(np.array([[1.0], [-1.0]])).tolist() == [[math.inf], [-math.inf]]


def test_whole_numbers_are_not_rounded() -> None:
    assert varies(np.array(7.0), np.array(8.0), np.uint8)
    x = np.array([[250], [251]], np.uint8)
    assert Normalization.fit(x).apply(x).tolist() == [[-1.0], [1.0]]


def test_an_input_that_does_not_vary_in_train_is_zero_in_every_part() -> None:
    x = np.array([[0.0, 1.0], [0.0, 2.0], [0.0, 3.0]], np.float32)
    learned = Normalization.fit(x)
    assert learned.apply(np.array([[1000.0, 2.0], [-3e38, 3.0]], np.float32))[:, 0].tolist() == [0.0, 0.0]
    assert (learned.constant.tolist(), learned.mean[0], learned.scale[0]) == ([True, False], 0.0, 1.0)


@settings(deadline=None)
@given(hnp.arrays(np.float32, st.tuples(st.integers(2, 30), st.just(4)), elements=st.floats(-1e6, 1e6, width=32)))
def test_by_the_first_rules_the_bits_are_those_of_the_plain_formula_and_constants_stay(x: np.ndarray) -> None:
    learned = Normalization.fit(x, rules=FIRST)
    wide = x.astype(np.float64)
    scale = np.where(np.all(x == x[0], axis=0), 1.0, wide.std(axis=0))
    np.testing.assert_array_equal(learned.apply(x), ((wide - wide.mean(axis=0)) / scale).astype(np.float32))
    assert not learned.constant.any()


def test_the_answer_can_be_written_where_it_is_wanted() -> None:
    x = np.random.default_rng(0).normal(size=(5000, 40)).astype(np.float32)
    learned, out = Normalization.fit(x), np.ones((5000, 41))
    learned.apply(x, out=out[:, :-1])
    np.testing.assert_array_equal(out[:, :-1], learned.apply(x))
    np.testing.assert_array_equal(out[:, -1], 1.0)


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
def test_a_constant_channel_is_zero_and_has_scale_one(value: float) -> None:
    x = np.full((700, 9 * 9 * 2), value, np.float32)
    x[:, ::2] = np.arange(81)
    learned = Normalization.fit(x, (9, 9, 2))
    assert learned.scale[1::2].tolist() == [1.0] * 81
    assert learned.constant.tolist() == [False, True] * 81
    assert np.all(learned.apply(x + np.float32(1.0))[:, 1::2] == 0.0)
