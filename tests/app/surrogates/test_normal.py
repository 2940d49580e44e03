"""The normal distribution against scipy's."""

import numpy as np
from scipy.stats import norm

from app.surrogates.normal import distribution, quantiles


def test_shares_and_quantiles_are_those_of_scipy_far_out_too() -> None:
    z = np.linspace(-30.0, 8.0, 1001)
    np.testing.assert_allclose(distribution(z), norm.cdf(z), rtol=1e-12)
    shares = np.concatenate([np.geomspace(1e-300, 0.5, 500), 1.0 - np.geomspace(1e-15, 0.5, 500)])
    np.testing.assert_allclose(quantiles(shares), norm.ppf(shares), rtol=1e-9, atol=1e-12)


def test_the_ends_are_finite() -> None:
    low, high = quantiles(np.array([0.0, 1.0]))
    assert -40.0 < low < -37.0
    assert 8.0 < high < 9.0
