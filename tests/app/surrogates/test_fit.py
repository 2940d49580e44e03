"""The fit: its gradient by finite differences, its loss by another library, and where it ends."""

import numpy as np
import pytest
from scipy.optimize import minimize as scipy_minimize
from scipy.stats import multivariate_normal, norm
from sklearn.gaussian_process.kernels import Matern

from app.surrogates import Prior, fit
from app.surrogates.fit import Loss
from app.surrogates.matern import JITTER
from tests.app.surrogates.points import MIXED, Numbers, mixed

PRIOR = Prior(noise=0.02)


def loss_of(count: int, seed: int, inactive: float = 0.0) -> Loss:
    points = mixed(count, seed, inactive)
    rng = np.random.default_rng(seed)
    return Loss(points, MIXED.owners, points[:, 0] * 3 + points[:, 6] + 0.1 * rng.normal(size=count), PRIOR)


def somewhere(seed: int) -> Numbers:
    return np.random.default_rng(seed).normal(scale=0.5, size=7) + PRIOR.centre(5)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("inactive", [0.0, 0.4])
def test_its_gradient_is_that_of_finite_differences(seed: int, inactive: float) -> None:
    loss, logs, step = loss_of(40, seed, inactive), somewhere(seed), 1e-5
    ways = step * np.eye(7)
    differences = [(loss(logs + way)[0] - loss(logs - way)[0]) / (2 * step) for way in ways]
    np.testing.assert_allclose(loss(logs)[1], differences, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_its_loss_differs_from_the_densities_of_scipy_by_a_constant(seed: int) -> None:
    loss = loss_of(30, seed)

    def said(logs: Numbers) -> float:
        covariance = np.exp(logs[5]) * Matern(np.exp(logs[:5])[MIXED.owners], nu=2.5)(loss.points)
        covariance += (np.exp(logs[6]) + JITTER) * np.eye(30)
        prior = norm.logpdf(logs, [0, 0, 0, 0, 0, 0, np.log(0.02)], [1, 1, 1, 1, 1, 0.7, 1.5]).sum()
        return -float(multivariate_normal.logpdf(loss.values, cov=covariance) + prior)

    one, other = somewhere(seed), somewhere(seed + 100)
    assert loss(one)[0] - loss(other)[0] == pytest.approx(said(one) - said(other), rel=1e-7)


@pytest.mark.parametrize("seed", range(3))
def test_it_ends_about_as_low_as_the_optimizer_of_scipy(seed: int) -> None:
    loss = loss_of(60, seed)
    kernel = fit(loss.points, loss.owners, loss.values, PRIOR)
    firsts = np.unique(MIXED.owners, return_index=True)[1]
    found = np.log([*kernel.lengths[firsts], kernel.signal, kernel.noise])
    best = scipy_minimize(loss, PRIOR.centre(5), jac=True, method="BFGS")
    assert loss(found)[0] < best.fun + 0.05


@pytest.mark.parametrize("values", [np.zeros(1), np.zeros(12), np.array([1.0, -1.0] * 6)])
def test_one_point_equal_values_and_equal_points_have_a_fit(values: Numbers) -> None:
    points = np.repeat(mixed(1, 3), len(values), axis=0)
    kernel = fit(points, MIXED.owners, values, PRIOR)
    assert np.isfinite([*kernel.lengths, kernel.signal, kernel.noise]).all()
