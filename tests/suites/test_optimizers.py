"""What must hold for every optimizer: its formula, one weight at a time, and what all of them promise."""

import numpy as np
import pytest

from engine.optimizers import OPTIMIZERS
from engine.spec import Knobs
from tests.oracles.optimizers import STEPS, Memory, Settings

KNOBS = [
    Knobs(0.1, 0.9, 0.999, 1e-8),
    Knobs(0.003, 0.5, 0.9, 1e-3),
    Knobs(1.0, 0.0, 0.99, 1e-6),
]
SHAPE = (len(KNOBS), 7)


def take_steps(name: str, gradients: list[np.ndarray], columns: slice = np.s_[:]) -> np.ndarray:
    """Return the weights after the engine's steps on a range of columns, from zero moments and unit weights."""
    optimizer = OPTIMIZERS[name]
    knobs = Knobs.columns(KNOBS)
    updates = np.arange(1, len(gradients) + 1)[:, np.newaxis] * np.ones(len(KNOBS))
    alpha = np.broadcast_to(knobs["learning_rate"], updates.shape)
    factors = optimizer.factors(knobs, alpha, updates)
    w = np.ones(SHAPE)[:, columns]
    moments = [np.zeros_like(w) for _ in range(optimizer.moments)]
    for number, g in enumerate(gradients):
        step = [factor[number][:, np.newaxis] for factor in factors]
        optimizer.step(w, g[:, columns].copy(), *moments, *step, np.empty_like(w))
    return w


def some_gradients(count: int) -> list[np.ndarray]:
    rng = np.random.default_rng(3)
    return [rng.standard_normal(SHAPE) * 10.0 ** rng.uniform(-3, 2) for _ in range(count)]


def test_every_optimizer_has_an_oracle() -> None:
    assert set(STEPS) == set(OPTIMIZERS)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_fifty_steps_follow_the_formula(name: str) -> None:
    gradients = some_gradients(50)
    expected = np.ones(SHAPE)
    for row, knobs in enumerate(KNOBS):
        settings = Settings(knobs.learning_rate, knobs.beta1, knobs.beta2, knobs.epsilon)
        for column in range(SHAPE[1]):
            weight, memory = 1.0, Memory()
            for g in gradients:
                weight = STEPS[name](weight, float(g[row, column]), memory, settings)
            expected[row, column] = weight

    np.testing.assert_allclose(take_steps(name, gradients), expected, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_range_of_columns_steps_as_it_does_within_the_whole(name: str) -> None:
    gradients = some_gradients(5)
    whole = take_steps(name, gradients)

    np.testing.assert_array_equal(take_steps(name, gradients, np.s_[2:5]), whole[:, 2:5])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_member_steps_as_it_does_without_the_others(name: str) -> None:
    optimizer, gradients = OPTIMIZERS[name], some_gradients(5)
    whole = take_steps(name, gradients)
    for row, knobs in enumerate(KNOBS):
        columns = Knobs.columns([knobs])
        updates = np.arange(1, 6)[:, np.newaxis]
        factors = optimizer.factors(columns, np.broadcast_to(columns["learning_rate"], updates.shape), updates)
        w = np.ones((1, SHAPE[1]))
        moments = [np.zeros_like(w) for _ in range(optimizer.moments)]
        for number, g in enumerate(gradients):
            step = [factor[number][:, np.newaxis] for factor in factors]
            optimizer.step(w, g[row : row + 1], *moments, *step, np.empty_like(w))

        np.testing.assert_array_equal(w[0], whole[row])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_it_goes_down_a_parabola(name: str) -> None:
    optimizer, knobs = OPTIMIZERS[name], Knobs.columns([Knobs(0.05)])
    updates = np.arange(1, 501)[:, np.newaxis]
    factors = optimizer.factors(knobs, np.full(updates.shape, 0.05), updates)
    w, curvature = np.array([[3.0, -2.0, 1.0]]), np.array([[1.0, 0.5, 2.0]])
    moments = [np.zeros_like(w) for _ in range(optimizer.moments)]
    for number in range(500):
        step = [factor[number][:, np.newaxis] for factor in factors]
        optimizer.step(w, curvature * w, *moments, *step, np.empty_like(w))

    assert np.abs(w).max() < 0.06


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_gradient_of_zero_leaves_fresh_weights_where_they_are(name: str) -> None:
    np.testing.assert_array_equal(take_steps(name, [np.zeros(SHAPE)] * 3), np.ones(SHAPE))
