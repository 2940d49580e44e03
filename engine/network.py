"""A network as a row of numbers: where its weights lie, how they start, and how it runs on a stack of rows."""

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array, Signal, Workspace
from engine.initializers import choose, draw
from engine.layers import ACTIVATIONS, BoundLayer, Dense
from engine.losses import BoundLoss
from engine.seeds import Purpose, Seed
from engine.spec import Structure


class Network:
    """The layout of one structure: each layer's (n_in + 1, n_out) block, one after the other in a row."""

    def __init__(self, structure: Structure) -> None:
        self.structure = structure
        self.widths = (structure.inputs, *structure.hidden_units, structure.outputs)

    @cached_property
    def size(self) -> int:
        """How many numbers a member has."""
        return sum((n_in + 1) * n_out for n_in, n_out in pairwise(self.widths))

    @cached_property
    def weight_columns(self) -> Sequence[slice]:
        """The columns that hold weights and not biases: those that penalties touch."""
        columns, start = [], 0
        for n_in, n_out in pairwise(self.widths):
            columns.append(slice(start, start + n_in * n_out))
            start += (n_in + 1) * n_out
        return columns

    def blocks(self, rows: Array) -> list[Array]:
        """Return the layers' blocks of `rows` (R, size), views (R, n_in + 1, n_out)."""
        views, start = [], 0
        for n_in, n_out in pairwise(self.widths):
            stop = start + (n_in + 1) * n_out
            views.append(rows[:, start:stop].reshape(len(rows), n_in + 1, n_out, copy=False))
            start = stop
        return views

    def initial_row(self, seed: Seed, initializer: str) -> NDArray[np.float64]:
        """Draw the initial numbers of one member, (size,)."""
        rng = seed.generator(Purpose.INITIAL_WEIGHTS)
        activations = [self.structure.activation] * len(self.structure.hidden_units) + [None]
        blocks = [
            draw(rng, n_in, n_out, choose(initializer, activation))
            for (n_in, n_out), activation in zip(pairwise(self.widths), activations, strict=True)
        ]
        return np.concatenate([block.reshape(-1) for block in blocks])

    def bind(
        self, rows: Array, gradient: Array | None, inputs: Signal, loss: BoundLoss, workspace: Workspace
    ) -> "Program":
        """Tie the network to rows of weights (R, size), and lay its layers from `inputs` to the logits of `loss`.

        `gradient` has the shape of `rows`, or is None where nothing is trained.
        """
        blocks = self.blocks(rows)
        gradients = [None] * len(blocks) if gradient is None else self.blocks(gradient)
        layers: list[BoundLayer] = []
        signal = inputs
        for index, width in enumerate(self.structure.hidden_units):
            members, examples = inputs.values.shape[:2]
            hidden = workspace.signal(f"hidden.{index}", members, examples, width, training=gradient is not None)
            layers.append(Dense(signal, hidden, blocks[index], gradients[index]))
            layers.append(ACTIVATIONS[self.structure.activation].bind(hidden, workspace))
            signal = hidden
        layers.append(Dense(signal, loss.logits, blocks[-1], gradients[-1]))
        return Program(layers)

    def named_arrays(self, row: Array) -> dict[str, Array]:
        """Return the arrays of one member's row (size,) as views: W1 (n_in, n_out), b1 (n_out,), W2 and so on."""
        arrays: dict[str, Array] = {}
        for number, block in enumerate(self.blocks(row[np.newaxis]), 1):
            arrays[f"W{number}"], arrays[f"b{number}"] = block[0, :-1], block[0, -1]
        return arrays


class Program:
    """The bound layers of a network, in order."""

    def __init__(self, layers: Sequence[BoundLayer]) -> None:
        self._forward = tuple(layers)
        self._backward = tuple(reversed(layers))

    def forward(self) -> None:
        """Run all layers from the inputs to the logits."""
        for layer in self._forward:
            layer.forward()

    def backward(self) -> None:
        """Run all layers from the logits' gradient to the gradient of every weight."""
        for layer in self._backward:
            layer.backward()
