"""The posterior against scikit-learn's, and beliefs against posteriors made anew."""

import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern

from app.surrogates import Believer, Posterior
from app.surrogates.factor import whitener
from app.surrogates.matern import JITTER, Kernel
from tests.app.surrogates.points import MIXED, Numbers, mixed

KERNEL = Kernel(np.array([0.3, 0.9, 2.0, 0.5, 1.2])[MIXED.owners], 1.3, 0.02)


def observed(count: int, seed: int) -> tuple[Numbers, Numbers]:
    return mixed(count, seed, 0.2), np.random.default_rng(seed).normal(size=count)


@pytest.mark.parametrize("count", [1, 7, 150])
def test_means_and_variances_are_those_of_scikit_learn(count: int) -> None:
    points, values = observed(count, 1)
    other = GaussianProcessRegressor(
        ConstantKernel(KERNEL.signal) * Matern(KERNEL.lengths, nu=2.5), alpha=KERNEL.noise + JITTER, optimizer=None
    )
    there = mixed(50, 2, 0.2)
    means, deviations = other.fit(points, values).predict(there, return_std=True)
    found, variances = Posterior.of(KERNEL, points, values).moments(there)
    np.testing.assert_allclose(found, means, atol=1e-9)
    np.testing.assert_allclose(variances, deviations**2, atol=1e-9)
    np.testing.assert_array_equal(Posterior.of(KERNEL, points, values).means(there), found)


def test_a_belief_is_an_observation_of_the_mean() -> None:
    points, values = observed(90, 3)
    candidates = mixed(40, 4)
    believer = Believer(Posterior.of(KERNEL, points, values), candidates)
    for pick in (5, 11, 5, 30):
        points = np.vstack([points, candidates[pick : pick + 1]])
        values = np.append(values, believer.means[pick])
        believer.believe(candidates[pick : pick + 1])
    anew = Posterior.of(KERNEL, points, values).moments(candidates)
    np.testing.assert_allclose([believer.means, believer.variances], anew, atol=1e-9)
    np.testing.assert_allclose(believer.posterior.moments(candidates), anew, atol=1e-9)


@pytest.mark.parametrize("count", [1, 64, 65, 300])
def test_a_whitener_makes_a_covariance_the_unit_matrix(count: int) -> None:
    points = mixed(count, 5)
    covariance = KERNEL.observed(KERNEL.between(points, points))
    whitening = whitener(covariance)
    np.testing.assert_allclose(whitening @ covariance @ whitening.T, np.eye(count), atol=1e-9)
    assert np.array_equal(whitening, np.tril(whitening))
