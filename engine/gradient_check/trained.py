"""The gradient of one member on the very path of training, and its weights after some steps on it."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from engine.arrays import Array, Indices, Order, Workspace
from engine.layers.dropout import Words
from engine.network import Learning, Network
from engine.optimizers import OPTIMIZERS
from engine.population.batches import BatchStep, batch_orders, batch_sizes
from engine.population.distortions import Distortions
from engine.population.update import Matrices, Update
from engine.spec import MemberSpec
from engine.training_set import TrainingSet


class _Solo:
    """One member that trains by itself from the weights `row` (size,) on; it drops and distorts nothing."""

    def __init__(self, data: TrainingSet, spec: MemberSpec, row: Array, batches: Sequence[int]) -> None:
        network, workspace = Network(spec.structure), Workspace(np.float64)
        layout = network.layout
        moments = tuple(np.zeros((1, layout.trained)) for _ in range(OPTIMIZERS[spec.optimizer].moments))
        statistics = np.zeros((1, layout.size - layout.trained))
        self.matrices = Matrices(row[np.newaxis].copy(), np.zeros((1, layout.trained)), statistics, moments)
        self._update = Update(layout, [spec], self.matrices, workspace)
        weights = data.class_weights([spec.class_weight])
        learning = Learning(self.matrices.gradient, statistics.copy(), np.ones(1), np.ones(1), weights)
        self._steps = {
            examples: BatchStep(network, data, self.matrices.weights, learning, examples, workspace)
            for examples in set(batches)
        }
        self._dropout = Words(1)
        self._distortions = Distortions((), None)
        self._distortions.begin_epoch((), ())

    def begin_epoch(self, epoch: int, batches: Sequence[int]) -> None:
        """Make ready for the batches, so many examples each, of the epoch that follows `epoch` others."""
        self._update.begin_epoch(np.array([epoch]), batches)

    def step(self, number: int, batch: Indices | Order) -> None:
        """Take step `number` of the epoch on `batch` (m,), and leave its gradient in place."""
        self._steps[len(batch)].run(batch[np.newaxis], self._distortions, self._dropout)
        self._update.step(number)


def gradient(data: TrainingSet, spec: MemberSpec, row: Array, batch: Indices) -> Array:
    """Return the gradient, (trained columns,), of the mean loss over `batch` (m,) and of the penalties.

    It is what the optimizer would follow from the weights `row` (size,), before any clipping.
    """
    plain = replace(spec, optimizer="sgd", knobs=replace(spec.knobs, clip_norm=0.0))
    solo = _Solo(data, plain, row, [len(batch)])
    solo.begin_epoch(0, [len(batch)])
    solo.step(0, batch)
    return np.asarray(solo.matrices.gradient[0])


def row_after(data: TrainingSet, spec: MemberSpec, steps: int) -> Array:
    """Return the numbers of a member, (size,), after so many mini-batches from its start.

    Its averages of batch norm stay as they were at the start: they play no part in training.
    """
    batches = batch_sizes(len(data.train), spec.structure)
    solo = _Solo(data, spec, Network(spec.structure).initial_row(spec.seed, spec.initializer), batches)
    for epoch in range(-(-steps // len(batches))):
        solo.begin_epoch(epoch, batches)
        orders = batch_orders([spec.seed], [epoch], batches)
        for number, order in enumerate(orders[: steps - epoch * len(batches)]):
            solo.step(number, order[0])
    return np.asarray(solo.matrices.weights[0])
