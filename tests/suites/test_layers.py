"""What must hold for every activation, loss and depth: gradients by differences and by the chain rule in loops."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest

from engine.arrays import NO_GRADIENT, Signal, Workspace
from engine.layers import ACTIVATIONS
from engine.losses import LOSSES
from engine.network import Network
from engine.seeds import Seed
from engine.spec import Structure
from tests.oracles import network as oracle

EXAMPLES, INPUTS, MEMBERS = 6, 4, 2
STEP = 1e-6
DEPTHS: tuple[tuple[int, ...], ...] = ((), (5,), (4, 3))
OUTPUTS = {"softmax": 3, "logistic": 1, "squared": 1}
CASES = list(itertools.product(ACTIVATIONS, LOSSES, DEPTHS))


class Bound:
    """A stack of two networks on one batch, in float64."""

    def __init__(self, activation: str, loss: str, hidden: tuple[int, ...]) -> None:
        rng = np.random.default_rng(5)
        self.kind, self.activation = loss, activation
        self.network = Network(Structure(INPUTS, hidden, OUTPUTS[loss], activation, loss, EXAMPLES))
        self.rows = np.stack([self.network.initial_row(Seed(1, n), "auto") for n in range(MEMBERS)])
        self.rows += 0.3 * rng.standard_normal(self.rows.shape)
        self.gradient = np.zeros_like(self.rows)
        self.x = rng.standard_normal((MEMBERS, EXAMPLES, INPUTS))
        self.targets = rng.standard_normal(20) if loss == "squared" else rng.integers(0, max(OUTPUTS[loss], 2), 20)
        self.order = rng.integers(0, 20, (MEMBERS, EXAMPLES))
        workspace = Workspace(np.float64)
        encoded = LOSSES[loss].encode(self.targets, workspace)
        self.loss = LOSSES[loss].bind(MEMBERS, EXAMPLES, OUTPUTS[loss], encoded, workspace)
        ones = np.ones((MEMBERS, EXAMPLES, 1))
        inputs = Signal(np.concatenate([self.x, ones], axis=2), NO_GRADIENT, INPUTS)
        self.program = self.network.bind(self.rows, self.gradient, inputs, self.loss, workspace)

    def mean_loss(self) -> np.ndarray:
        self.loss.load(self.order)
        self.program.forward()
        mean: np.ndarray = self.loss.total()[:, 0, 0] / EXAMPLES
        return mean.copy()

    def backward(self) -> np.ndarray:
        self.mean_loss()
        self.loss.backward()
        self.program.backward()
        return self.gradient.copy()


def differences(rows: np.ndarray, mean_loss: Callable[[], np.ndarray]) -> np.ndarray:
    """Return the two-sided difference quotients of every member's loss by its own weights."""
    found = np.zeros_like(rows)
    for column in range(rows.shape[1]):
        kept = rows[:, column].copy()
        rows[:, column] = kept + STEP
        above = mean_loss()
        rows[:, column] = kept - STEP
        below = mean_loss()
        rows[:, column] = kept
        found[:, column] = (above - below) / (2 * STEP)
    return found


def relative(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.linalg.norm(one - other) / (np.linalg.norm(one) + np.linalg.norm(other)))


@pytest.mark.parametrize(("activation", "loss", "hidden"), CASES)
def test_the_gradient_is_that_of_the_difference_quotients(activation: str, loss: str, hidden: tuple[int, ...]) -> None:
    bound = Bound(activation, loss, hidden)

    assert relative(bound.backward(), differences(bound.rows, bound.mean_loss)) < 1e-7


@pytest.mark.parametrize(("activation", "loss", "hidden"), CASES)
def test_a_gradient_that_is_one_percent_off_anywhere_is_caught(
    activation: str, loss: str, hidden: tuple[int, ...]
) -> None:
    bound = Bound(activation, loss, hidden)
    true = differences(bound.rows, bound.mean_loss)
    for block in bound.network.blocks(bound.backward()):
        planted = bound.gradient.copy()
        views = bound.network.blocks(planted)
        same = next(view for view in views if view.shape == block.shape and np.array_equal(view, block))
        same *= 1.01

        assert relative(planted, true) > 1e-5


@pytest.mark.parametrize(("activation", "loss", "hidden"), CASES)
def test_losses_and_gradients_are_those_of_the_chain_rule_written_out(
    activation: str, loss: str, hidden: tuple[int, ...]
) -> None:
    bound = Bound(activation, loss, hidden)
    means, gradient = bound.mean_loss(), bound.backward()
    for member in range(MEMBERS):
        layers = [block[member].tolist() for block in bound.network.blocks(bound.rows)]
        targets = [float(bound.targets[row]) for row in bound.order[member]]
        found, mean = oracle.gradients(layers, bound.x[member].tolist(), targets, activation, loss)
        flat = np.concatenate([np.asarray(layer).reshape(-1) for layer in found])

        assert means[member] == pytest.approx(mean, rel=1e-12)
        np.testing.assert_allclose(gradient[member], flat, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("loss", LOSSES)
def test_enormous_logits_overflow_nothing(loss: str) -> None:
    bound = Bound("relu", loss, (5,))
    bound.rows *= 1e4

    with np.errstate(all="raise", under="ignore"):
        assert np.isfinite(bound.mean_loss()).all()
        assert np.isfinite(bound.backward()).all()


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_column_of_ones_survives_an_activation(activation: str) -> None:
    workspace = Workspace(np.float64)
    signal = workspace.signal("hidden.0", 2, 3, 4, training=True)
    signal.features[:] = np.random.default_rng(1).standard_normal((2, 3, 4))
    z = signal.features.copy()
    ACTIVATIONS[activation].bind(signal, workspace).forward()

    np.testing.assert_array_equal(signal.values[..., -1], 1.0)
    expected = np.vectorize(oracle.ACTIVATIONS[activation])(z)
    np.testing.assert_allclose(signal.features, expected, rtol=1e-14)


@pytest.mark.parametrize("loss", LOSSES)
def test_probabilities_are_those_of_the_output_function(loss: str) -> None:
    logits = np.random.default_rng(2).standard_normal((5, OUTPUTS[loss])) * 3
    found = LOSSES[loss].probabilities(logits)
    for row, z in enumerate(logits):
        for k in range(OUTPUTS[loss]):
            # y_hat - y with y = 0 in class k is y_hat
            target = 0.0 if loss != "softmax" else float((k + 1) % OUTPUTS[loss])

            assert found[row, k] == pytest.approx(oracle.output_gradient(list(z), target, loss)[k])
