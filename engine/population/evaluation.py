"""Metrics of a stack of networks over a whole part of the data, without training."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from engine.arrays import NO_GRADIENT, Array, Signal, Workspace
from engine.metrics import NO_LOGITS, Answers, Metric, measure
from engine.network import Network
from engine.training_set import Part, TrainingSet

CHUNK = 512
"""Examples that an evaluation takes at a time."""

_MOST_LOGITS = 1 << 21
"""What is kept of the answers of members at a time, unless one alone has more: metrics need some 50 bytes of each."""


class Evaluation:
    """Some metrics of networks with the weights `rows` (R, size) on one part; it reads the rows anew each time it runs.

    Where a metric reads logits, as many members as fit answer together.
    """

    def __init__(
        self,
        network: Network,
        data: TrainingSet,
        part: Part,
        rows: Array,
        workspace: Workspace,
        metrics: Sequence[Metric],
    ) -> None:
        self.rows, self._metrics = rows, metrics
        keeps = any(metric.reads == "logits" for metric in metrics)
        step = most_members(data) if keeps else len(rows)
        self._stacks = [
            Answering(network, data, part, rows[first : first + step], workspace, keeps=keeps)
            for first in range(0, len(rows), step)
        ]

    def run(self) -> Mapping[str, Array]:
        """Return each metric over all examples of the part, float64 (R,), by name; NaN where it has no value."""
        measured = [measure(stack.run(), self._metrics) for stack in self._stacks]
        return {metric.name: np.concatenate([one[metric.name] for one in measured]) for metric in self._metrics}


def most_members(data: TrainingSet) -> int:
    """Return how many members' answers to a part of the data are kept at a time."""
    return max(_MOST_LOGITS // (data.outputs * max(len(data.dev), len(data.test), 1)), 1)


class Answering:
    """Networks bound to the chunks of a part; the logits stay in memory if it `keeps` them."""

    def __init__(
        self, network: Network, data: TrainingSet, part: Part, rows: Array, workspace: Workspace, *, keeps: bool
    ) -> None:
        self._data, self._part, self._members = data, part, len(rows)
        self._logits = workspace.array("kept.logits", (len(rows), data.outputs, len(part))) if keeps else NO_LOGITS
        self._chunks = []
        weights = data.class_weights([part.class_weight] * len(rows))
        for chunk in chunks(len(part)):
            examples = np.broadcast_to(np.arange(chunk.start, chunk.stop), (len(rows), chunk.stop - chunk.start))
            inputs = part.inputs.chunk(chunk, workspace)
            # All members read the same examples: stride 0 along the member axis, no copy.
            x = np.broadcast_to(inputs.values, (len(rows), *inputs.values.shape))
            loss = data.loss.bind(examples, data.outputs, part.targets, workspace, weights)
            program = network.bind_to_answer(rows, Signal(x, NO_GRADIENT, data.inputs), loss, workspace)
            kept = self._logits[..., chunk] if keeps else None
            self._chunks.append((inputs, loss, program, kept))

    def run(self) -> Answers:
        """Return the answers to all examples of the part; what they keep is overwritten by the next run."""
        loss, misses = np.zeros(self._members), np.zeros(self._members)
        for inputs, bound, program, kept in self._chunks:
            inputs.load()
            bound.load()
            program.forward()
            if kept is not None:
                kept[...] = bound.logits.values.swapaxes(1, 2)  # computing the loss writes over them
            loss += bound.total()[:, 0, 0]
            misses += bound.misses()
        data, y = self._data, self._part.y
        return Answers(data.loss, y, loss / len(y), misses, self._logits, data.target_mean, data.target_scale)


def chunks(examples: int) -> Sequence[slice]:
    """Cut a part into equal chunks; the cut depends on its size alone, so the same examples get the same bits."""
    count = -(-examples // CHUNK)
    edges = [examples * index // count for index in range(count + 1)] if count else [0]
    return [slice(start, stop) for start, stop in pairwise(edges)]
