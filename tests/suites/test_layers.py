"""What must hold for every network: gradients by differences and by the chain rule, batch norm and masks included."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest

from engine.arrays import NO_GRADIENT, Signal, Workspace
from engine.layers import ACTIVATIONS
from engine.losses import LOSSES
from engine.network import Learning, Network
from engine.seeds import Seed
from engine.spec import Structure
from tests.oracles import network as oracle

EXAMPLES, INPUTS, MEMBERS = 6, 4, 2
STEP = 1e-6
DEPTHS: tuple[tuple[int, ...], ...] = ((), (5,), (4, 3))
OUTPUTS = {"softmax": 3, "logistic": 1, "squared": 1}
CASES = list(itertools.product(ACTIVATIONS, LOSSES, DEPTHS))
EXTRAS = [(norm, keep) for norm in (False, True) for keep in (1.0, 0.6)]


class Bound:
    """A stack of two networks on one batch, in float64; the first one drops nothing."""

    def __init__(
        self, activation: str, loss: str, hidden: tuple[int, ...], *, batch_norm: bool = False, keep_prob: float = 1.0
    ) -> None:
        rng = np.random.default_rng(5)
        self.kind, self.activation = loss, activation
        self.network = Network(Structure(INPUTS, hidden, OUTPUTS[loss], activation, loss, EXAMPLES, batch_norm))
        self.rows = np.stack([self.network.initial_row(Seed(1, n), "auto") for n in range(MEMBERS)])
        self.rows += 0.3 * rng.standard_normal(self.rows.shape)
        layout = self.network.layout
        self.weights = self.rows[:, : layout.trained]
        self.gradient = np.zeros_like(self.weights)
        self.moments = np.zeros((MEMBERS, layout.size - layout.trained))
        self.x = rng.standard_normal((MEMBERS, EXAMPLES, INPUTS))
        self.targets = rng.standard_normal(20) if loss == "squared" else rng.integers(0, max(OUTPUTS[loss], 2), 20)
        self.order = rng.integers(0, 20, (MEMBERS, EXAMPLES))
        workspace = Workspace(np.float64)
        encoded = LOSSES[loss].encode(self.targets, workspace)
        self.loss = LOSSES[loss].bind(self.order, OUTPUTS[loss], encoded, workspace)
        ones = np.ones((MEMBERS, EXAMPLES, 1))
        inputs = Signal(np.concatenate([self.x, ones], axis=2), NO_GRADIENT, INPUTS)
        keep = np.array([1.0, keep_prob])
        learning = Learning(self.gradient, self.moments, keep, keep)
        self.program = self.network.bind_to_learn(self.rows, learning, inputs, self.loss, workspace)
        self.program.draw_masks([np.random.default_rng(member) for member in range(MEMBERS)])

    def mean_loss(self) -> np.ndarray:
        self.loss.load()
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


@pytest.mark.parametrize(("batch_norm", "keep_prob"), EXTRAS)
@pytest.mark.parametrize(("activation", "loss", "hidden"), CASES)
def test_the_gradient_is_that_of_the_difference_quotients(
    activation: str, loss: str, hidden: tuple[int, ...], batch_norm: bool, keep_prob: float
) -> None:
    bound = Bound(activation, loss, hidden, batch_norm=batch_norm, keep_prob=keep_prob)

    assert relative(bound.backward(), differences(bound.weights, bound.mean_loss)) < 1e-7


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize(("activation", "loss", "hidden"), CASES)
def test_a_gradient_that_is_one_percent_off_anywhere_is_caught(
    activation: str, loss: str, hidden: tuple[int, ...], batch_norm: bool
) -> None:
    bound = Bound(activation, loss, hidden, batch_norm=batch_norm)
    true, found = differences(bound.weights, bound.mean_loss), bound.backward()
    for layer in bound.network.layout.layers:
        for columns in (layer.weights, slice(layer.weights.stop, layer.trained.stop)):
            planted = found.copy()
            planted[:, columns] *= 1.01

            assert relative(planted, true) > 1e-5


@pytest.mark.parametrize(("activation", "loss", "hidden"), CASES)
def test_losses_and_gradients_are_those_of_the_chain_rule_written_out(
    activation: str, loss: str, hidden: tuple[int, ...]
) -> None:
    bound = Bound(activation, loss, hidden)
    means, gradient = bound.mean_loss(), bound.backward()
    for member in range(MEMBERS):
        layers = [layer.dense.of(bound.rows)[member].tolist() for layer in bound.network.layout.layers]
        targets = [float(bound.targets[row]) for row in bound.order[member]]
        found, mean = oracle.gradients(layers, bound.x[member].tolist(), targets, activation, loss)
        flat = np.concatenate([np.asarray(layer).reshape(-1) for layer in found])

        assert means[member] == pytest.approx(mean, rel=1e-12)
        np.testing.assert_allclose(gradient[member], flat, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("hidden", DEPTHS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_batch_norm_and_masks_are_those_written_out_in_loops(activation: str, hidden: tuple[int, ...]) -> None:
    bound = Bound(activation, "softmax", hidden, batch_norm=True, keep_prob=0.6)
    mean_loss = bound.mean_loss()
    for member in range(MEMBERS):
        arrays = {name: array.tolist() for name, array in bound.network.named_arrays(bound.rows[member]).items()}
        masks = [mask.values[member, :, :-1].tolist() for mask in bound.program.masks]
        targets = [int(bound.targets[row]) for row in bound.order[member]]
        found = oracle.batch_norm_forward(arrays, bound.x[member].tolist(), activation, masks)

        assert mean_loss[member] == pytest.approx(
            sum(oracle.loss(z, y, "softmax") for z, y in zip(found.logits, targets, strict=True)) / EXAMPLES, rel=1e-12
        )
        np.testing.assert_allclose(bound.moments[member], found.moments, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("hidden", DEPTHS[1:])
def test_at_test_time_batch_norm_uses_the_averages_of_the_row_and_nothing_is_dropped(hidden: tuple[int, ...]) -> None:
    bound = Bound("tanh", "softmax", hidden, batch_norm=True)
    rows = bound.rows.copy()
    rows[:, bound.network.layout.statistics] = np.abs(rows[:, bound.network.layout.statistics])
    workspace = Workspace(np.float64)
    encoded = LOSSES["softmax"].encode(bound.targets, workspace)
    loss = LOSSES["softmax"].bind(bound.order, 3, encoded, workspace)
    inputs = Signal(np.concatenate([bound.x, np.ones((MEMBERS, EXAMPLES, 1))], axis=2), NO_GRADIENT, INPUTS)
    bound.network.bind_to_answer(rows, inputs, loss, workspace).forward()
    for member in range(MEMBERS):
        arrays = {name: array.tolist() for name, array in bound.network.named_arrays(rows[member]).items()}
        logits = [oracle.averaged_norm_forward(arrays, example, "tanh") for example in bound.x[member].tolist()]

        np.testing.assert_allclose(loss.logits.features[member], logits, rtol=1e-12)


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
