"""Mini-batches: the order of each member's examples in an epoch, and one bound training step."""

from collections.abc import Sequence

import numpy as np

from engine.arrays import NO_GRADIENT, Array, Indices, Order, Signal, Workspace
from engine.layers.dropout import Words
from engine.network import Learning, Network
from engine.population.distortions import Distortions
from engine.seeds import Purpose, Seed
from engine.spec import Structure
from engine.training_set import TrainingSet

SMALLEST_REST = 0.5
"""Under batch norm a rest of fewer examples than this share of a batch joins the batch before it.

Measured by `benchmarks.last_batch`; docs/decisions/0013-small-rests-join-under-batch-norm.md has the table.
"""


def batch_sizes(examples: int, structure: Structure) -> tuple[int, ...]:
    """Return how many examples each mini-batch of an epoch has, in order; the last one may be smaller, or larger."""
    size = examples if structure.batch_size == "full" else min(structure.batch_size, examples)
    count, rest = divmod(examples, size)
    if rest == 0:
        return (size,) * count
    if structure.batch_norm and structure.rules >= 2 and rest < SMALLEST_REST * size:
        return (*(size,) * (count - 1), size + rest)
    return (*(size,) * count, rest)


def batch_orders(seeds: Sequence[Seed], epochs: Sequence[int], sizes: Sequence[int]) -> list[Order]:
    """Return the row numbers of every batch of an epoch, (R, m) each, m by `sizes`: views of one array.

    Each member shuffles by itself, from its own seed and its own epoch.
    """
    order = np.empty((len(seeds), sum(sizes)), np.int32)
    for row, (seed, epoch) in enumerate(zip(seeds, epochs, strict=True)):
        order[row] = seed.generator(Purpose.BATCH_ORDER, epoch).permutation(order.shape[1])
    return np.split(order, np.cumsum(sizes)[:-1], axis=1)


def order_bytes(examples: int) -> int:
    """Return what a member's order of so many examples takes."""
    return examples * np.dtype(np.int32).itemsize


class BatchStep:
    """Forward and backward over one batch of `examples` rows for each member."""

    def __init__(
        self,
        network: Network,
        data: TrainingSet,
        rows: Array,
        learning: Learning,
        examples: int,
        workspace: Workspace,
    ) -> None:
        self.examples = examples
        self._rows = workspace.array("batch.rows", (len(rows), examples), np.intp)
        self._batch = workspace.array("batch", (len(rows), examples, data.inputs + 1))
        self._fetch = data.train.inputs.bind(self._rows, self._batch)
        self._loss = data.loss.bind(self._rows, data.outputs, data.train.targets, workspace, learning.class_weights)
        inputs = Signal(self._batch, NO_GRADIENT, data.inputs)
        self._program = network.bind_to_learn(rows, learning, inputs, self._loss, workspace)

    def run(self, rows: Indices | Order, distortions: Distortions, dropout: Words) -> Array:
        """Compute the gradient of the mean loss over the examples `rows` (R, m); return its sum, (R, 1, 1).

        Both count each example as often as its class.
        """
        np.copyto(self._rows, rows)
        self._fetch.run()
        distortions.run(self._batch)
        self._loss.load()
        self._program.draw_masks(dropout)
        self._program.forward()
        total = self._loss.total()
        self._loss.backward()
        self._program.backward()
        return total
