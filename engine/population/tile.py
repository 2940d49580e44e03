"""A tile: neighbouring rows of a cohort, few enough to stay in the cache, trained through an epoch together."""

from collections.abc import Callable, Sequence
from itertools import groupby

import numpy as np

from engine.arrays import Array, Order, Workspace
from engine.augmentation.augmenter import Augmenter
from engine.layers.dropout import Keep, Words
from engine.layout import Layout
from engine.metrics import TRAIN_LOSS, curve_metrics
from engine.network import Learning, Network
from engine.population.batches import BatchStep, batch_orders, batch_sizes
from engine.population.distortions import Distortions
from engine.population.evaluation import Evaluation
from engine.population.gradient_norms import GradientNorms
from engine.population.member import Member, Observation
from engine.population.norm_averages import NormAverages
from engine.population.update import Matrices, Rule, Update
from engine.seeds import Purpose
from engine.spec import MemberSpec
from engine.subnormals import clear, must_clear
from engine.training_set import TrainingSet


class Tile:
    """Members whose rows of `matrices` are bound to memory for training and for the dev set."""

    def __init__(
        self,
        network: Network,
        data: TrainingSet,
        members: Sequence[Member],
        matrices: Matrices,
        workspace: Workspace,
        augmenter: Augmenter | None,
    ) -> None:
        self._data, self._members = data, members
        specs = [member.spec for member in members]
        self._sizes = batch_sizes(len(data.train), network.structure)
        moments = workspace.array("norm.moments", matrices.averages.shape)
        weights = data.class_weights([spec.class_weight for spec in specs])
        learning = Learning(matrices.gradient, moments, *_keep_probs(specs), weights)
        steps = {
            examples: BatchStep(network, data, matrices.weights, learning, examples, workspace)
            for examples in set(self._sizes)
        }
        self._steps = [steps[examples] for examples in self._sizes]
        self._dropout = Words(len(members))
        self._distortions = Distortions([spec.augment for spec in specs], augmenter)
        self._updates = _updates(network.layout, members, matrices, workspace)
        self._norms = GradientNorms(network.layout, matrices.gradient, len(self._steps))
        self._averages = NormAverages(matrices, network.layout, moments, specs)
        kept = (matrices.weights, matrices.averages, *matrices.moments)
        self._cleared = kept if must_clear(network.structure.rules) else ()
        self._curves = [curve_metrics(data.task, spec.objective) for spec in specs]
        metrics = {metric.name: metric for curve in self._curves for metric in curve}
        self._dev = Evaluation(network, data, data.dev, matrices.weights, workspace, list(metrics.values()))

    def train_epoch(self, clock: Callable[[], float]) -> list[Observation]:
        """Train every member one epoch of its own count; return what each one's epoch gave, in order."""
        start = clock()
        train_loss = self._train()
        clear(self._cleared)
        dev = self._dev.run()
        seconds = (clock() - start) / len(self._members)
        return [
            Observation(
                member.epoch + 1,
                {
                    TRAIN_LOSS: float(train_loss[row]),
                    **{f"dev_{metric.name}": float(dev[metric.name][row]) for metric in self._curves[row]},
                },
                seconds,
                self._norms.of_member(row),
            )
            for row, member in enumerate(self._members)
        ]

    def _train(self) -> Array:
        """Take all steps of an epoch; return the mean loss over its batches as trained, (R,)."""
        orders = self._begin_epoch()
        total = np.zeros((len(self._members), 1, 1))
        for number, (step, order) in enumerate(zip(self._steps, orders, strict=True)):
            total += step.run(order, self._distortions, self._dropout)
            self._norms.look(number)
            self._averages.add()
            for _, update in self._updates:
                update.step(number)
        self._averages.publish(np.array([member.epoch + 1 for member in self._members]) * len(self._steps))
        return total[:, 0, 0] / len(self._data.train)

    def _begin_epoch(self) -> list[Order]:
        """Make ready for an epoch; return the batches of each step."""
        seeds = [member.spec.seed for member in self._members]
        epochs = [member.epoch for member in self._members]
        for rows, update in self._updates:
            update.begin_epoch(np.array(epochs[rows]), self._sizes)
        self._distortions.begin_epoch(seeds, epochs)
        self._norms.begin_epoch()
        generators = [
            member.spec.seed.generator(Purpose.DROPOUT, member.epoch) if member.spec.knobs.drops else None
            for member in self._members
        ]
        self._dropout.begin_epoch(generators)
        return batch_orders(seeds, epochs, self._sizes)


def _keep_probs(specs: Sequence[MemberSpec]) -> tuple[Keep, Keep]:
    """Return the probabilities with which each member keeps hidden units and inputs, (R,) each."""
    return np.array([spec.knobs.keep_prob for spec in specs]), np.array([spec.knobs.input_keep_prob for spec in specs])


def _updates(
    layout: Layout, members: Sequence[Member], matrices: Matrices, workspace: Workspace
) -> list[tuple[slice, Update]]:
    """Return an update for each run of rows with one rule."""
    updates, start = [], 0
    for _, group in groupby(members, key=lambda member: Rule.of(member.spec)):
        specs = [member.spec for member in group]
        stop = start + len(specs)
        update = Update(layout, specs, matrices.rows(start, stop), workspace)
        updates.append((slice(start, stop), update))
        start = stop
    return updates
