"""The gradient of one member on the very path of training, and its weights after some steps on it."""

from dataclasses import replace

import numpy as np

from engine.arrays import Array, Indices, Workspace
from engine.network import Learning, Network
from engine.optimizers import OPTIMIZERS
from engine.population.batches import BatchStep, batch_orders, batch_sizes
from engine.population.update import Matrices, Update
from engine.spec import MemberSpec
from engine.training_set import TrainingSet


class _Solo:
    """The memory of one member that trains by itself, from the weights `row` (size,) on."""

    def __init__(self, data: TrainingSet, spec: MemberSpec, row: Array) -> None:
        self._data, self._network, self._workspace = data, Network(spec.structure), Workspace(np.float64)
        layout = self._network.layout
        moments = tuple(np.zeros((1, layout.trained)) for _ in range(OPTIMIZERS[spec.optimizer].moments))
        statistics = np.zeros((1, layout.size - layout.trained))
        self.matrices = Matrices(row[np.newaxis].copy(), np.zeros((1, layout.trained)), statistics, moments)
        self._learning = Learning(self.matrices.gradient, statistics.copy(), np.ones(1), np.ones(1))
        self.update = Update(layout, [spec], self.matrices, self._workspace)

    def batch_step(self, examples: int) -> BatchStep:
        """Return the forward and backward pass over a batch of so many examples."""
        weights, learning = self.matrices.weights, self._learning
        return BatchStep(self._network, self._data, weights, learning, examples, self._workspace)


def gradient(data: TrainingSet, spec: MemberSpec, row: Array, batch: Indices) -> Array:
    """Return the gradient, (trained columns,), of the mean loss over `batch` (m,) and of the penalties.

    It is what the optimizer would follow from the weights `row` (size,), before any clipping.
    """
    plain = replace(spec, optimizer="sgd", knobs=replace(spec.knobs, clip_norm=0.0))
    solo = _Solo(data, plain, row)
    solo.batch_step(len(batch)).run(batch[np.newaxis], [None])
    solo.update.begin_epoch(np.zeros(1, np.int64), [len(batch)])
    solo.update.step(0)
    return np.asarray(solo.matrices.gradient[0])


def row_after(data: TrainingSet, spec: MemberSpec, steps: int) -> Array:
    """Return the numbers of a member, (size,), after so many mini-batches from its start; nothing is dropped.

    Its averages of batch norm stay as they were at the start: they play no part in training.
    """
    solo = _Solo(data, spec, Network(spec.structure).initial_row(spec.seed, spec.initializer))
    count, size, last = batch_sizes(len(data.train), spec.structure.batch_size)
    by_size = {examples: solo.batch_step(examples) for examples in (size, last) if examples}
    in_epoch = count + (last > 0)
    for epoch in range(-(-steps // in_epoch)):
        orders = batch_orders([spec.seed], [epoch], len(data.train), size)
        solo.update.begin_epoch(np.array([epoch]), [order.shape[1] for order in orders])
        for number, order in enumerate(orders[: steps - epoch * in_epoch]):
            by_size[order.shape[1]].run(order, [None])
            solo.update.step(number)
    return np.asarray(solo.matrices.weights[0])
