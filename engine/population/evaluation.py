"""Loss and error of a stack of networks over a whole part of the data, without training."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from engine.arrays import NO_GRADIENT, Array, Signal, Workspace
from engine.network import Network
from engine.training_set import Part, TrainingSet

CHUNK = 512
"""Examples that an evaluation takes at a time."""


@dataclass(frozen=True, slots=True)
class Scores:
    """The mean loss and the error of each member, float64 (R,)."""

    loss: Array
    error: Array


class Evaluation:
    """Networks with the weights `rows` (R, size) on one part; it reads the rows anew each time it runs."""

    def __init__(self, network: Network, data: TrainingSet, part: Part, rows: Array, workspace: Workspace) -> None:
        self._data, self._part, self._members = data, part, len(rows)
        self.rows = rows
        self._chunks = []
        weights = data.class_weights([part.class_weight] * len(rows))
        for chunk in chunks(len(part)):
            examples = np.broadcast_to(np.arange(chunk.start, chunk.stop), (len(rows), chunk.stop - chunk.start))
            inputs = part.inputs.chunk(chunk, workspace)
            # All members read the same examples: stride 0 along the member axis, no copy.
            x = np.broadcast_to(inputs.values, (len(rows), *inputs.values.shape))
            loss = data.loss.bind(examples, data.outputs, part.targets, workspace, weights)
            program = network.bind_to_answer(rows, Signal(x, NO_GRADIENT, data.inputs), loss, workspace)
            self._chunks.append((inputs, loss, program))

    def run(self) -> Scores:
        """Return the scores over all examples of the part; NaN where it has none."""
        loss, misses = np.zeros(self._members), np.zeros(self._members)
        for inputs, bound, program in self._chunks:
            inputs.load()
            bound.load()
            program.forward()
            loss += bound.total()[:, 0, 0]
            misses += bound.misses()
        count = len(self._part)
        if count == 0:
            return Scores(loss + np.nan, misses + np.nan)
        loss /= count
        return Scores(loss, self._data.error(loss, misses, count))


def chunks(examples: int) -> Sequence[slice]:
    """Cut a part into equal chunks; the cut depends on its size alone, so the same examples get the same bits."""
    count = -(-examples // CHUNK)
    edges = [examples * index // count for index in range(count + 1)] if count else [0]
    return [slice(start, stop) for start, stop in pairwise(edges)]
