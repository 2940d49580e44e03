"""Tests of the interval that benchmarks print."""

import pytest
from scipy.stats import ttest_1samp

from benchmarks.intervals import show_interval


@pytest.mark.parametrize("values", [[1.0, 2.0], [4.1, 3.9, 4.6, 4.0, 3.7]])
def test_the_interval_is_that_of_scipys_t_test(values: list[float]) -> None:
    low, high = ttest_1samp(values, 0.0).confidence_interval(0.95)
    assert show_interval(values) == f"{sum(values) / len(values):.4f} ({low:.4f}..{high:.4f})"


def test_a_single_value_has_no_interval() -> None:
    assert show_interval([0.5]) == "0.5000 (one value: no interval)"
