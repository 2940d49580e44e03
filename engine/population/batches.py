"""Mini-batches: the order of each member's examples in an epoch, and one bound training step."""

from collections.abc import Sequence

import numpy as np

from engine.arrays import NO_GRADIENT, Array, Indices, Signal, Workspace
from engine.layers.dropout import Generators
from engine.network import Learning, Network
from engine.population.distortions import Distortions
from engine.seeds import Purpose, Seed
from engine.spec import BatchSize
from engine.training_set import TrainingSet


def batch_sizes(examples: int, batch_size: BatchSize) -> tuple[int, int, int]:
    """Return how many whole batches an epoch has, their size, and the size of the last, smaller one (or 0)."""
    size = examples if batch_size == "full" else min(batch_size, examples)
    return examples // size, size, examples % size


def batch_orders(seeds: Sequence[Seed], epochs: Sequence[int], examples: int, size: int) -> list[Indices]:
    """Return the row numbers of every batch of an epoch, (R, m) each; the last one may be smaller.

    Each member shuffles by itself, from its own seed and its own epoch.
    """
    order = np.empty((len(seeds), examples), np.intp)
    for row, (seed, epoch) in enumerate(zip(seeds, epochs, strict=True)):
        order[row] = seed.generator(Purpose.BATCH_ORDER, epoch).permutation(examples)
    return [np.ascontiguousarray(order[:, start : start + size]) for start in range(0, examples, size)]


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
        self._inputs = data.train.inputs
        self._batch = workspace.array("batch", (len(rows), examples, data.inputs + 1))
        self._loss = data.loss.bind(len(rows), examples, data.outputs, data.train.targets, workspace)
        inputs = Signal(self._batch, NO_GRADIENT, data.inputs)
        self._program = network.bind_to_learn(rows, learning, inputs, self._loss, workspace)

    def run(self, rows: Indices, distortions: Distortions, dropout: Generators) -> Array:
        """Compute the gradient of the mean loss over the examples `rows` (R, m); return its sum, (R, 1, 1)."""
        self._inputs.gather(rows, self._batch)
        distortions.run(self._batch)
        self._loss.load(rows)
        self._program.draw_masks(dropout)
        self._program.forward()
        total = self._loss.total()
        self._loss.backward()
        self._program.backward()
        return total
