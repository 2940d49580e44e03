"""The forward pass of one trained network over rows, by the program that trained it."""

from collections.abc import Iterator

import numpy as np

from engine.arrays import NO_GRADIENT, Array, Signal, Workspace
from engine.losses import LOSSES
from engine.network import Network
from engine.population.evaluation import CHUNK


def chunks(rows: int) -> Iterator[slice]:
    """Cut rows as where errors are measured in training: the same rows in the same cut give the same bits."""
    count = -(-rows // CHUNK)
    for index in range(count):
        yield slice(rows * index // count, rows * (index + 1) // count)


def logits(network: Network, row: Array, inputs: Array, workspace: Workspace) -> Array:
    """Return the logits (m, outputs) of a network with the numbers `row` (size,) for normalised `inputs` (m, n)."""
    structure, members = network.structure, row[np.newaxis]
    x = np.concatenate([inputs, np.ones((len(inputs), 1))], axis=1, dtype=workspace.dtype)[np.newaxis]
    loss = LOSSES[structure.loss].bind(1, len(inputs), structure.outputs, np.zeros(0), workspace)
    network.bind_to_answer(members, Signal(x, NO_GRADIENT, structure.inputs), loss, workspace).forward()
    answer: Array = loss.logits.values[0]
    return answer
