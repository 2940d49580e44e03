"""Parzen estimators against scipy's distributions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import kstest, truncnorm

from app.surrogates import Normals, Shares

COORDINATES = st.lists(st.floats(0.0, 1.0), max_size=12)


@given(COORDINATES, st.floats(0.0, 1.0))
def test_the_density_is_that_of_scipys_normals_cut_off_at_the_ends_and_of_a_uniform_part(
    seen: list[float], place: float
) -> None:
    density = Normals.of(np.array(seen, np.float64))
    parts = zip(density.means, density.deviations, strict=True)
    heights = [truncnorm.pdf(place, -mean / sd, (1 - mean) / sd, mean, sd) for mean, sd in parts]
    expected = (sum(heights) + 1.0) / (len(seen) + 1)
    assert np.exp(density.logarithms(np.array([place])))[0] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("seen", [[], [0.0], [0.3, 0.3, 1.0], list(np.linspace(0.1, 0.2, 30))])
def test_what_is_drawn_has_the_density(seen: list[float]) -> None:
    density = Normals.of(np.array(seen, np.float64))
    drawn = density.draw(np.random.default_rng(5).random((4000, 2)))
    assert ((drawn >= 0.0) & (drawn <= 1.0)).all()

    def below(places: np.ndarray) -> np.ndarray:
        cuts = [quad(lambda x: float(np.exp(density.logarithms(np.array([x])))[0]), 0, p)[0] for p in places]
        return np.array(cuts)

    assert kstest(drawn[:400], below).pvalue > 1e-3


def test_a_normal_is_as_wide_as_the_wider_gap_beside_it_within_bounds() -> None:
    density = Normals.of(np.array([0.9, 0.1, 0.4, 0.4]))
    assert density.means.tolist() == [0.1, 0.4, 0.4, 0.9]
    assert density.deviations == pytest.approx([0.3, 0.3, 0.5, 0.5])
    assert Normals.of(np.full(3, 1.0)).deviations == pytest.approx([1.0, 0.25, 0.25])


def test_shares_of_categories_are_counts_and_a_prior_of_one_sight_each() -> None:
    shares = Shares.of(np.array([0, 0, 2]), np.array([0.5, 0.25, 0.25]))
    assert np.exp(shares.logarithms(np.array([0.0, 1.0, 2.0]))) == pytest.approx([3.5 / 6, 0.75 / 6, 1.75 / 6])
    drawn = shares.draw(np.random.default_rng(5).random((6000, 2)))
    assert np.bincount(drawn.astype(np.int64)) / 6000 == pytest.approx([3.5 / 6, 0.75 / 6, 1.75 / 6], abs=0.03)


@given(st.lists(st.integers(0, 4), max_size=9))
def test_of_categories_in_a_row_each_sight_is_shared_with_those_beside_it(codes: list[int]) -> None:
    near = np.eye(5) + 0.3 * (np.eye(5, k=1) + np.eye(5, k=-1))
    counts = np.ones(5) + sum((near[code] / near[code].sum() for code in codes), np.zeros(5))
    shares = Shares.in_a_row(np.array(codes, np.int64), np.full(5, 0.2))
    assert shares.shares == pytest.approx(counts / (len(codes) + 5))


def test_a_single_category_in_a_row_has_the_whole_share() -> None:
    assert Shares.in_a_row(np.array([0, 0]), np.ones(1)).shares.tolist() == [1.0]


def test_a_category_without_a_share_has_a_finite_logarithm() -> None:
    assert np.isfinite(Shares.of(np.array([0]), np.array([1.0, 0.0])).logarithms(np.array([1.0]))).all()
