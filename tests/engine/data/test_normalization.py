"""Tests of input normalisation."""

import numpy as np
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
