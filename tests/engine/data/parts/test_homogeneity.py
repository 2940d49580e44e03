"""Tests of the two-sample tests against SciPy, which shares no code with them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.parts.homogeneity import (
    chi_square,
    chi_square_tail,
    compare_counts,
    kolmogorov_smirnov,
    kolmogorov_tail,
)

stats = pytest.importorskip("scipy.stats", reason="SciPy is the oracle of these tests, and it is not installed")

samples = st.lists(st.floats(-3.0, 3.0).map(lambda number: round(number, 1)), min_size=2, max_size=60)  # with ties
frequent = st.integers(2, 8).flatmap(
    lambda width: st.tuples(*[st.lists(st.integers(20, 90), min_size=width, max_size=width)] * 2)
)


@settings(deadline=None)
@given(samples, samples)
def test_the_gap_of_two_samples_and_its_asymptotic_p_value_are_those_of_scipy(
    one: list[float], other: list[float]
) -> None:
    found = kolmogorov_smirnov(np.array(one), np.array(other))
    expected = stats.ks_2samp(one, other, method="asymp").statistic
    scaled = expected * np.sqrt(len(one) * len(other) / (len(one) + len(other)))
    assert found.distance == pytest.approx(expected, abs=1e-12)
    assert found.p_value == pytest.approx(stats.kstwobign.sf(scaled), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("shift", [0.0, 0.03, 0.05, 0.08])
def test_for_large_samples_the_p_value_is_near_the_finer_one_that_scipy_takes_and_never_below(shift: float) -> None:
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=3000), rng.normal(shift, 1.0, 2000)
    finer = stats.ks_2samp(one, other, method="asymp").pvalue
    assert finer <= kolmogorov_smirnov(one, other).p_value <= 1.25 * finer


@pytest.mark.parametrize("x", [0.0, 0.05, 0.1, 0.11, 0.2, 0.5, 0.83, 1.0, 1.36, 2.0, 5.0, 30.0])
def test_the_tail_of_the_kolmogorov_distribution_is_that_of_scipy(x: float) -> None:
    assert kolmogorov_tail(x) == pytest.approx(stats.kstwobign.sf(x), rel=1e-10, abs=1e-13)


@settings(deadline=None)
@given(frequent)
def test_chi_square_its_p_value_and_the_distance_are_those_of_scipy_and_of_the_definition(
    rows: tuple[list[int], list[int]],
) -> None:
    counts = np.array(rows)
    expected = stats.chi2_contingency(counts)  # corrects two categories as Yates did
    statistic, freedom = chi_square(counts)
    assert statistic == pytest.approx(expected.statistic, abs=1e-10)
    assert freedom == expected.dof
    found = compare_counts(counts)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-9)
    shares = [[count / sum(row) for count in row] for row in rows]
    assert found.distance == pytest.approx(sum(max(a - b, 0.0) for a, b in zip(*shares, strict=True)))


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 7, 30, 99, 1000, 1001])
def test_the_tail_of_chi_square_is_that_of_scipy(freedom: int) -> None:
    for x in (0.0, 1e-6, 0.5, 1.0, 0.5 * freedom, freedom, 1.5 * freedom, 3.0 * freedom + 20.0):
        assert chi_square_tail(x, freedom) == pytest.approx(stats.chi2.sf(x, freedom), rel=1e-8)


def test_rare_categories_are_counted_as_one() -> None:
    counts = np.array([[300, 300, 1, 2, 0, 3], [100, 100, 3, 0, 2, 1]])
    pooled = np.array([[300, 300, 6], [100, 100, 6]])
    assert compare_counts(counts).p_value == compare_counts(pooled).p_value
    assert compare_counts(pooled).p_value == pytest.approx(stats.chi2_contingency(pooled).pvalue)


def test_a_single_category_and_categories_that_are_all_rare_tell_nothing() -> None:
    assert compare_counts(np.array([[30], [20]])).p_value == 1.0
    assert compare_counts(np.array([[3, 0], [0, 4]])).p_value == 1.0


def test_samples_with_nothing_in_common_have_the_distance_one_and_equal_ones_zero() -> None:
    numbers = np.arange(50.0)
    assert kolmogorov_smirnov(numbers, numbers + 100.0).distance == 1.0
    assert kolmogorov_smirnov(numbers, numbers[::-1]).distance == 0.0
    assert compare_counts(np.array([[40, 0], [0, 30]])).distance == 1.0
    assert compare_counts(np.array([[40, 20], [20, 10]])).distance == pytest.approx(0.0)


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 255), min_size=1, max_size=300),
    st.lists(st.integers(0, 5) | st.integers(250, 255), min_size=1, max_size=300),
)
def test_bytes_are_as_far_apart_as_the_numbers_that_they_are(one: list[int], other: list[int]) -> None:
    found = kolmogorov_smirnov(np.array(one, np.uint8), np.array(other, np.uint8))
    assert found == kolmogorov_smirnov(np.array(one, np.float64), np.array(other, np.float64))
