"""A tile: neighbouring rows of a cohort, few enough to stay in the cache, trained through an epoch together."""

from collections.abc import Callable, Sequence
from itertools import groupby

import numpy as np

from engine.arrays import Array, Workspace
from engine.network import Network
from engine.population.batches import BatchStep, batch_orders, batch_sizes
from engine.population.evaluation import Evaluation
from engine.population.member import Member, Observation
from engine.population.update import Matrices, Rule, Update
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
    ) -> None:
        self._data, self._members = data, members
        count, size, last = batch_sizes(len(data.train), network.structure.batch_size)
        steps = {
            examples: BatchStep(network, data, matrices.weights, matrices.gradient, examples, workspace)
            for examples in (size, last)
            if examples
        }
        self._size = size
        self._steps = [steps[size]] * count + ([steps[last]] if last else [])
        self._updates = _updates(network, members, matrices, workspace)
        self._dev = Evaluation(network, data, data.dev, matrices.weights, workspace)

    def train_epoch(self, clock: Callable[[], float]) -> list[Observation]:
        """Train every member one epoch of its own count; return what each one's epoch gave, in order."""
        start = clock()
        train_loss = self._train()
        dev = self._dev.run()
        seconds = (clock() - start) / len(self._members)
        error = f"dev_{self._data.error_name()}"
        return [
            Observation(
                member.epoch + 1,
                {
                    "train_loss": float(train_loss[row]),
                    "dev_loss": float(dev.loss[row]),
                    error: float(dev.error[row]),
                },
                seconds,
            )
            for row, member in enumerate(self._members)
        ]

    def _train(self) -> Array:
        """Take all steps of an epoch; return the mean loss over its batches as trained, (R,)."""
        seeds = [member.spec.seed for member in self._members]
        orders = batch_orders(seeds, [m.epoch for m in self._members], len(self._data.train), self._size)
        batches = [step.examples for step in self._steps]
        epochs = np.array([member.epoch for member in self._members])
        for rows, update in self._updates:
            update.begin_epoch(epochs[rows], batches)
        total = np.zeros((len(self._members), 1, 1))
        for number, (step, order) in enumerate(zip(self._steps, orders, strict=True)):
            total += step.run(order)
            for _, update in self._updates:
                update.step(number)
        return total[:, 0, 0] / len(self._data.train)


def _updates(
    network: Network, members: Sequence[Member], matrices: Matrices, workspace: Workspace
) -> list[tuple[slice, Update]]:
    """Return an update for each run of rows with one rule."""
    updates, start = [], 0
    for _, group in groupby(members, key=lambda member: Rule.of(member.spec)):
        specs = [member.spec for member in group]
        stop = start + len(specs)
        update = Update(network, specs, matrices.rows(start, stop), workspace)
        updates.append((slice(start, stop), update))
        start = stop
    return updates
