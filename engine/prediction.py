"""The answers of trained networks for new examples, by the program that trained them."""

import numpy as np
from numpy.typing import NDArray

from engine.arrays import NO_GRADIENT, Array, Signal, Workspace
from engine.losses import LOSSES
from engine.losses.base import BoundLoss, Targets
from engine.network import Network, Program
from engine.population.evaluation import chunks
from engine.spec import Structure

_NO_TARGETS = np.zeros(0)


def logits(network: Network, rows: Array, x: Array, workspace: Workspace) -> Array:
    """Return the logits (R, m, outputs), in `workspace`, of networks with the weights `rows` (R, size).

    The inputs `x` (m, inputs) are as the networks were trained on: normalised if those were.
    """
    targets = LOSSES[network.structure.loss].encode(_NO_TARGETS, workspace)
    program, loss = bind(network, rows, x, targets, workspace)
    program.forward()
    return loss.logits.values


def bind(network: Network, rows: Array, x: Array, targets: Targets, workspace: Workspace) -> tuple[Program, BoundLoss]:
    """Return the program of networks with the weights `rows` (R, size) for `x` (m, inputs), and the loss it ends in.

    Neither has run, and the loss has not loaded the `targets` yet, (m,), encoded for it.
    """
    structure = network.structure
    inputs = np.ones((len(rows), len(x), structure.inputs + 1), workspace.dtype)
    inputs[..., :-1] = x
    examples = np.broadcast_to(np.arange(len(x)), (len(rows), len(x)))
    loss = LOSSES[structure.loss].bind(examples, structure.outputs, targets, workspace)
    return network.bind_to_answer(rows, Signal(inputs, NO_GRADIENT, structure.inputs), loss, workspace), loss


def predict(structure: Structure, rows: Array, x: Array) -> NDArray[np.float64]:
    """Return the answers (R, m, outputs) of networks with the weights `rows` (R, size) for inputs `x` (m, inputs).

    The inputs are as the networks were trained on: normalised if those were. An answer is the probability of class 1
    for a logistic output, the probabilities of all classes for softmax, and a standardised value for a regression.
    Computed in float64, where the examples beside it change no more of an answer than its last digits.
    """
    network, workspace = Network(structure), Workspace(np.float64)
    rows = rows.astype(np.float64)
    answers = np.empty((len(rows), len(x), structure.outputs))
    for chunk in chunks(len(x)):
        answers[:, chunk] = LOSSES[structure.loss].probabilities(logits(network, rows, x[chunk], workspace))
    return answers
