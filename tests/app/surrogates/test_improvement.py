"""Expected improvement against quadrature, far into the tail too."""

from itertools import pairwise
from math import exp, fsum, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from app.surrogates import log_improvement
from app.surrogates.improvement import log_h


def quadrature(mean: float, variance: float, lowest: float) -> float:
    """Return the logarithm of the integral of (lowest - y) over the normal density of y below `lowest`.

    With the gain in deviations, t, it is deviation * phi(z) times the integral of t exp(z t - t^2 / 2) from 0: nothing
    cancels, and nothing underflows.
    """
    deviation = variance**0.5
    z = (lowest - mean) / deviation
    width = 1.0 / (1.0 + max(-z, 0.0))  # about where the integrand has its peak if z is negative
    edges = [0.0, *(max(z, 0.0) + width * k for k in (1, 4, 10, 20, 40, 80))]
    parts = [quad(lambda t: t * exp(z * t - t * t / 2), a, b, epsabs=0, epsrel=1e-12)[0] for a, b in pairwise(edges)]
    return float(log(deviation) + norm.logpdf(z) + log(fsum(parts)))


@pytest.mark.parametrize("z", [8.0, 1.0, 0.0, -0.5, -3.9, -4.1, -8.0, -15.0, -19.99, -20.01, -40.0, -300.0])
def test_it_is_what_quadrature_says(z: float) -> None:
    found = log_improvement(np.array([1.0]), np.array([0.25]), 1.0 + 0.5 * z)[0]
    assert found == pytest.approx(quadrature(1.0, 0.25, 1.0 + 0.5 * z), rel=1e-10, abs=2e-9)


@given(st.floats(-3, 3), st.floats(1e-6, 4), st.floats(-3, 3))
def test_it_is_finite_rises_with_the_bar_and_with_the_deviation(mean: float, variance: float, lowest: float) -> None:
    means, variances = np.full(2, mean), np.array([variance, variance * 1.1])
    less, more = log_improvement(means, variances, lowest)
    assert np.isfinite([less, more]).all()
    assert more >= less - 1e-12
    assert log_improvement(means, variances, lowest + 0.1)[0] >= less


def test_it_never_falls_where_the_formula_changes() -> None:
    z = np.linspace(-20.001, -19.999, 2001)
    assert (np.diff(log_h(z)) > 0.0).all()
