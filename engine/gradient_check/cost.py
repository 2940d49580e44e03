"""The whole cost of a stack of networks on one mini-batch, and its slopes by two-sided differences."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.arrays import NO_GRADIENT, Array, Indices, Signal, Workspace
from engine.network import Learning, Network
from engine.spec import MemberSpec
from engine.training_set import TrainingSet

STEP = 2e-6
"""How far a weight is moved to either side: less adds rounding, more adds curvature."""

PENALTY_OF_WEIGHT: Mapping[str, Callable[[Array], Array]] = {"l1": np.abs, "l2": np.square}
"""What each penalty sums over the weights; the cost has lambda/(2m) times the sum."""

KINKED = frozenset({"relu", "leaky_relu"})
"""The activations whose slope jumps at 0."""

_STACK_BYTES = 4 << 20
"""What a stack may take: few enough to stay in the cache."""


@dataclass(frozen=True, slots=True)
class Slopes:
    """Difference quotients of the cost by the trained columns `coordinates`, (n,) each.

    Where `kinked`, the cost has a kink between the two points, and the quotient means nothing.
    """

    coordinates: Indices
    numeric: Array
    kinked: NDArray[np.bool_]


class StackedCost:
    """Mean weighted loss plus penalties of several networks, a row each, on the same mini-batch; float64.

    `batch` (m,) are rows of the training part. Each row holds the weights at hand with one of the `coordinates` (n,)
    moved: those of the first half forwards, those of the second half back.
    """

    def __init__(self, data: TrainingSet, spec: MemberSpec, batch: Indices, coordinates: Indices) -> None:
        network = Network(spec.structure)
        self._layout, self._knobs, self._examples = network.layout, spec.knobs, len(batch)
        self._coordinates = coordinates
        self._half = max(min(_STACK_BYTES // _pair_bytes(network, len(batch)), len(coordinates)), 1)
        members, workspace = 2 * self._half, Workspace(np.float64)
        self._rows = np.zeros((members, network.layout.size))
        examples = np.zeros((1, len(batch), data.inputs + 1))
        data.train.inputs.bind(batch[np.newaxis], examples).run()
        x = np.broadcast_to(examples, (members, *examples.shape[1:]))
        numbers = np.broadcast_to(batch, (members, len(batch)))
        weights = data.class_weights([spec.class_weight] * members)
        self._loss = data.loss.bind(numbers, data.outputs, data.train.targets, workspace, weights)
        self._loss.load()
        learning = _learning_without_dropout(network, members)
        self._program = network.bind_to_learn(
            self._rows, learning, Signal(x, NO_GRADIENT, data.inputs), self._loss, workspace
        )
        widths = spec.structure.hidden_units if spec.structure.activation in KINKED else ()
        # The signals after the activations, in the memory that the network just took under these names.
        self._hidden = [
            workspace.signal(f"hidden.{index}", members, len(batch), width, training=True)
            for index, width in enumerate(widths)
        ]

    def at(self, row: Array) -> float:
        """Return the cost of one network, with the weights `row` (size,)."""
        self._rows[:] = row
        return float(self._costs()[0])

    def slopes(self, row: Array) -> Slopes:
        """Return the slopes at `row` (size,); where there is a kink within a step, a tenth of it is tried."""
        numeric, kinked = self._differences(row, self._coordinates, STEP)
        again = np.flatnonzero(kinked)
        numeric[again], kinked[again] = self._differences(row, self._coordinates[again], STEP / 10.0)
        return Slopes(self._coordinates, numeric, kinked)

    def _differences(self, row: Array, coordinates: Indices, step: float) -> tuple[Array, NDArray[np.bool_]]:
        numeric, kinked = np.zeros(len(coordinates)), np.zeros(len(coordinates), np.bool_)
        for start in range(0, len(coordinates), self._half):
            columns = coordinates[start : start + self._half]
            above, below = np.arange(len(columns)), np.arange(len(columns)) + self._half
            self._rows[:] = row
            self._rows[above, columns] += step
            self._rows[below, columns] -= step
            moved = self._rows[above, columns] - self._rows[below, columns]  # not quite two steps, by rounding
            costs, chunk = self._costs(), slice(start, start + self._half)
            numeric[chunk] = (costs[above] - costs[below]) / moved
            for side in self._sides():
                kinked[chunk] |= (side[above] != side[below]).reshape(len(columns), -1).any(axis=1)
        return numeric, kinked

    def _costs(self) -> Array:
        """Return the cost of each row, (R,)."""
        self._program.forward()
        costs: Array = self._loss.total()[:, 0, 0] / self._examples
        for name, penalty in PENALTY_OF_WEIGHT.items():
            share = getattr(self._knobs, name) / (2.0 * self._examples)
            if share:
                costs += share * sum(penalty(weights).sum(axis=1) for weights in self._weights())
        return costs

    def _weights(self) -> Iterator[Array]:
        return (self._rows[:, layer.weights] for layer in self._layout.layers)

    def _sides(self) -> Iterator[NDArray[np.bool_]]:
        """Yield on which side of its kink everything is that has one, (R, ...); `_costs` comes before."""
        for signal in self._hidden:
            yield signal.features > 0.0
        if self._knobs.l1:
            for weights in self._weights():
                yield weights > 0.0


def _learning_without_dropout(network: Network, members: int) -> Learning:
    layout, ones = network.layout, np.ones(members)
    moments = np.zeros((members, layout.size - layout.trained))
    return Learning(np.zeros((members, layout.trained)), moments, ones, ones)


def _pair_bytes(network: Network, examples: int) -> int:
    """Return what two networks take: weights, and signals with their scratch memory."""
    signals = 4 * examples * (sum(network.widths) + len(network.widths))
    return 2 * 8 * (2 * network.layout.size + signals)
