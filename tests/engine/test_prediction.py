"""Tests of the answers of trained networks, against the network written out in loops."""

import math

import numpy as np
import pytest

from engine.network import Network
from engine.population.evaluation import CHUNK
from engine.prediction import predict
from engine.spec import Structure
from tests.oracles import network as oracle

OUTPUTS = {"logistic": 1, "softmax": 3, "squared": 1}
MEMBERS, INPUTS = 3, 4


def probabilities(logits: list[float], loss: str) -> list[float]:
    if loss == "squared":
        return logits
    if loss == "logistic":
        return [1.0 / (1.0 + math.exp(-logits[0]))]
    total = sum(math.exp(z) for z in logits)
    return [math.exp(z) / total for z in logits]


@pytest.mark.parametrize("loss", OUTPUTS)
@pytest.mark.parametrize("hidden", [(), (5,), (6, 3)])
def test_answers_are_those_of_the_loops(loss: str, hidden: tuple[int, ...]) -> None:
    rng = np.random.default_rng(4)
    structure = Structure(INPUTS, hidden, OUTPUTS[loss], "tanh", loss, 8)
    network = Network(structure)
    rows = rng.standard_normal((MEMBERS, network.layout.size)).astype(np.float32)
    x = rng.standard_normal((6, INPUTS)).astype(np.float32)
    found = predict(structure, rows, x)

    for number in range(MEMBERS):
        layers = [layer.dense.of(rows)[number].tolist() for layer in network.layout.layers]
        for answer, example in zip(found[number], x.tolist(), strict=True):
            logits = oracle.forward(layers, example, "tanh").sums[-1]
            assert answer == pytest.approx(probabilities(logits, loss), rel=1e-12)


def test_an_answer_depends_neither_on_the_examples_nor_on_the_networks_beside_it() -> None:
    rng = np.random.default_rng(5)
    structure = Structure(INPUTS, (9,), 3, "relu", "softmax", 8)
    rows = rng.standard_normal((MEMBERS, Network(structure).layout.size))
    x = rng.standard_normal((2 * CHUNK + 7, INPUTS))
    together = predict(structure, rows, x)

    for place in (0, CHUNK - 1, CHUNK, 2 * CHUNK + 6):
        alone = predict(structure, rows[1:2], x[place : place + 1])
        np.testing.assert_allclose(alone[0, 0], together[1, place], rtol=1e-13)
