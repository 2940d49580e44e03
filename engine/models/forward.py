"""The forward pass of one trained network over rows, by the program that trained it."""

import numpy as np
from numpy.typing import NDArray

from engine.arrays import NO_GRADIENT, Array, Signal, Workspace
from engine.losses import LOSSES
from engine.network import Network
from engine.population.evaluation import CHUNK


def logits(network: Network, row: Array, inputs: Array) -> NDArray[np.float32]:
    """Return the logits (rows, outputs) of a network with the numbers `row` (size,) for normalised `inputs`.

    Rows are taken in the same chunks as where errors are measured in training, so that the bits are the same.
    """
    structure, workspace = network.structure, Workspace(np.float32)
    x = np.concatenate([inputs, np.ones((len(inputs), 1))], axis=1, dtype=np.float32)
    answer = np.zeros((len(x), structure.outputs), np.float32)
    for chunk in _chunks(len(x)):
        examples = x[np.newaxis, chunk]
        loss = LOSSES[structure.loss].bind(1, examples.shape[1], structure.outputs, np.zeros(0), workspace)
        network.bind_to_answer(
            row[np.newaxis], Signal(examples, NO_GRADIENT, structure.inputs), loss, workspace
        ).forward()
        answer[chunk] = loss.logits.values[0]
    return answer


def _chunks(rows: int) -> list[slice]:
    count = -(-rows // CHUNK)
    return [slice(rows * index // count, rows * (index + 1) // count) for index in range(count)]
