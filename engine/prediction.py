"""The answers of trained networks for new examples."""

import numpy as np
from numpy.typing import NDArray

from engine.arrays import NO_GRADIENT, Array, Signal, Workspace
from engine.losses import LOSSES
from engine.network import Network
from engine.spec import Structure

CHUNK = 512
"""Examples that are answered at a time."""

_NO_TARGETS = np.zeros(0)


def predict(structure: Structure, rows: Array, x: Array) -> NDArray[np.float64]:
    """Return the answers (R, m, outputs) of networks with the weights `rows` (R, size) for inputs `x` (m, inputs).

    The inputs are as the networks were trained on: normalised if those were. An answer is the probability of class 1
    for a logistic output, the probabilities of all classes for softmax, and a standardised value for a regression.
    Computed in float64, so that an answer does not depend on the examples beside it.
    """
    network, workspace = Network(structure), Workspace(np.float64)
    rows = rows.astype(np.float64)
    answers = np.empty((len(rows), len(x), structure.outputs))
    for start in range(0, len(x), CHUNK):
        chunk = x[start : start + CHUNK]
        inputs = np.ones((len(rows), len(chunk), structure.inputs + 1))
        inputs[..., :-1] = chunk
        loss = LOSSES[structure.loss].bind(len(rows), len(chunk), structure.outputs, _NO_TARGETS, workspace)
        network.bind_to_answer(rows, Signal(inputs, NO_GRADIENT, structure.inputs), loss, workspace).forward()
        answers[:, start : start + CHUNK] = LOSSES[structure.loss].probabilities(loss.logits.values)
    return answers
