"""Gradient clipping at its edges: limits and gradients that float32 can hardly hold, and gradients of nothing."""

import numpy as np
import pytest

from engine.clipping import Clipping


def clipped(gradient: list[list[float]], limits: list[float]) -> np.ndarray:
    """Return the rows of a gradient, each shortened to its limit."""
    rows = np.array(gradient, np.float32)
    with np.errstate(over="ignore", invalid="ignore"):  # as a cohort trains
        Clipping(rows, np.array(limits)).run()
    return rows


def test_a_row_over_its_limit_is_shortened_and_the_others_keep_their_bits() -> None:
    rows = [[3.0, 4.0], [0.3, 0.4], [0.0, -0.0]]
    found = clipped(rows, [1.0, 1.0, 1.0])

    np.testing.assert_allclose(found[0], [0.6, 0.8], rtol=1e-6)
    assert found[1:].tobytes() == np.array(rows[1:], np.float32).tobytes()


@pytest.mark.parametrize("size", [1e18, 1e20, 1e30, 3e38])
def test_a_gradient_whose_squares_overflow_keeps_its_direction(size: float) -> None:
    found = clipped([[size, -size], [0.1, 0.2]], [1.0, 1.0])

    np.testing.assert_allclose(found[0], [np.sqrt(0.5), -np.sqrt(0.5)], rtol=1e-6)
    np.testing.assert_array_equal(found[1], np.array([0.1, 0.2], np.float32))


@pytest.mark.parametrize("limit", [1e39, 1e300])
def test_a_limit_beyond_all_numbers_of_the_gradient_changes_nothing(limit: float) -> None:
    np.testing.assert_array_equal(clipped([[3.0, 4.0], [0.0, 0.0]], [limit, limit]), [[3.0, 4.0], [0.0, 0.0]])


@pytest.mark.parametrize("limit", [1e-50, 1e-300])
def test_a_limit_below_all_numbers_of_the_gradient_leaves_nothing_of_it(limit: float) -> None:
    np.testing.assert_array_equal(clipped([[3.0, 4.0], [0.0, 0.0]], [limit, limit]), np.zeros((2, 2)))


@pytest.mark.parametrize("broken", [np.inf, np.nan])
def test_a_gradient_that_is_no_number_stays_none(broken: float) -> None:
    found = clipped([[broken, 1.0], [3.0, 4.0]], [1.0, 10.0])

    assert np.isnan(found[0]).any()
    np.testing.assert_array_equal(found[1], [3.0, 4.0])
