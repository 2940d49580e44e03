"""A network as a row of numbers: how they start, and how the network runs on a stack of rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array, Signal, Workspace
from engine.initializers import choose, draw
from engine.layers import ACTIVATIONS, BoundLayer, Dense
from engine.layers.batch_norm import AveragedNorm, BatchNorm, NormArrays
from engine.layers.dropout import Dropout, Keep, Mask, Words
from engine.layout import LayerBlocks, Layout
from engine.losses import BoundLoss
from engine.seeds import Purpose, Seed
from engine.spec import Structure


@dataclass(frozen=True, slots=True)
class Learning:
    """What a stack needs to learn, beyond what it needs to answer.

    `gradient` (R, trained columns) is written by the backward pass, `moments` (R, statistics) by the forward pass of
    batch norm; `keep_prob` and `input_keep_prob` are (R,). `class_weights` are (R, classes), or None where every
    example counts one.
    """

    gradient: Array
    moments: Array
    keep_prob: Keep
    input_keep_prob: Keep
    class_weights: Array | None = None


class Program:
    """The bound layers of a network, in order, and the masks of its dropout."""

    def __init__(self, layers: Sequence[BoundLayer], masks: Sequence[Mask] = ()) -> None:
        self._forward = tuple(layers)
        self._backward = tuple(reversed(layers))
        self.masks = tuple(masks)

    def draw_masks(self, words: Words) -> None:
        """Draw which units are left out this time."""
        for mask in self.masks:
            mask.draw(words)

    def forward(self) -> None:
        """Run all layers from the inputs to the logits."""
        for layer in self._forward:
            layer.forward()

    def backward(self) -> None:
        """Run all layers from the logits' gradient to the gradient of every weight."""
        for layer in self._backward:
            layer.backward()


class Network:
    """One structure, and the layout of its rows."""

    def __init__(self, structure: Structure) -> None:
        self.structure = structure
        self.widths = (structure.inputs, *structure.hidden_units, structure.outputs)

    @cached_property
    def layout(self) -> Layout:
        """Where the numbers of a member lie in its row."""
        return Layout.of(self.widths, batch_norm=self.structure.batch_norm)

    def named_arrays(self, row: Array) -> Mapping[str, Array]:
        """Return the arrays of one member's row (size,) as model files name them: W1, b1, W2 and so on, views."""
        return {name: rows[0] for name, rows in self.layout.named(row[np.newaxis]).items()}

    def initial_row(self, seed: Seed, initializer: str) -> NDArray[np.float64]:
        """Draw the initial numbers of one member, (size,): random weights, biases and betas 0, gammas 1."""
        rng, row = seed.generator(Purpose.INITIAL_WEIGHTS), np.zeros(self.layout.size)
        for layer in self.layout.layers:
            last = layer is self.layout.layers[-1]
            variance = choose(initializer, None if last else self.structure.activation)
            row[layer.weights] = draw(rng, layer.n_in, layer.n_out, variance).reshape(-1)
            if layer.norm is not None:
                row[layer.norm.gamma.columns] = 1.0
                row[layer.norm.variance.columns] = 1.0
        return row

    def bind_to_answer(self, rows: Array, inputs: Signal, loss: BoundLoss, workspace: Workspace) -> Program:
        """Tie the network to `rows` (R, size) and lay its layers from `inputs` to `loss`, as they are at test time."""
        layers: list[BoundLayer] = []
        members, examples = inputs.values.shape[:2]
        signal = inputs
        for index, layer in enumerate(self.layout.layers[:-1]):
            hidden = workspace.signal(f"hidden.{index}", members, examples, layer.n_out, training=False)
            layers.append(Dense(signal, hidden, layer.dense.of(rows), None))
            if layer.norm is not None:
                statistics = layer.norm.mean.of(rows), layer.norm.variance.of(rows)
                layers.append(AveragedNorm(hidden, _norm_arrays(layer, rows), *statistics))
            layers.append(ACTIVATIONS[self.structure.activation].bind(hidden, workspace))
            signal = hidden
        layers.append(Dense(signal, loss.logits, self.layout.layers[-1].dense.of(rows), None))
        return Program(layers)

    def bind_to_learn(
        self, rows: Array, learning: Learning, inputs: Signal, loss: BoundLoss, workspace: Workspace
    ) -> Program:
        """Tie the network to `rows` (R, size) as `bind_to_answer` does, with all that training adds."""
        binding = _LearningBinding(self.layout, rows, learning, workspace)
        signal = binding.drop("input", inputs, learning.input_keep_prob)
        for index, layer in enumerate(self.layout.layers[:-1]):
            hidden = binding.sums(f"hidden.{index}", signal, layer)
            binding.layers.append(ACTIVATIONS[self.structure.activation].bind(hidden, workspace))
            signal = binding.drop(f"hidden.{index}", hidden, learning.keep_prob)
        binding.dense(signal, loss.logits, self.layout.layers[-1])
        return Program(binding.layers, binding.masks)


class _LearningBinding:
    """The layers and masks of a network that learns, as they are laid one by one."""

    def __init__(self, layout: Layout, rows: Array, learning: Learning, workspace: Workspace) -> None:
        self._layout, self._rows, self._learning, self._workspace = layout, rows, learning, workspace
        self.layers: list[BoundLayer] = []
        self.masks: list[Mask] = []

    def dense(self, inputs: Signal, outputs: Signal, layer: LayerBlocks) -> None:
        """Lay a dense layer."""
        self.layers.append(Dense(inputs, outputs, layer.dense.of(self._rows), layer.dense.of(self._learning.gradient)))

    def sums(self, name: str, inputs: Signal, layer: LayerBlocks) -> Signal:
        """Lay what comes before an activation, a dense layer and perhaps batch norm; return its signal."""
        members, examples = inputs.values.shape[:2]
        hidden = self._workspace.signal(name, members, examples, layer.n_out, training=True)
        if layer.norm is None:
            self.dense(inputs, hidden, layer)
            return hidden
        z = self._workspace.signal(f"{name}.z", members, examples, layer.n_out, training=False)
        # Batch norm turns the gradient of its output into that of its input in place.
        self.dense(inputs, Signal(z.values, hidden.gradient, layer.n_out), layer)
        parameters, gradient = _norm_arrays(layer, self._rows), _norm_arrays(layer, self._learning.gradient)
        first = layer.norm.mean.start - self._layout.trained
        moments = self._learning.moments[:, first : first + 2 * layer.n_out]
        self.layers.append(BatchNorm(z, hidden, parameters, gradient, moments, self._workspace))
        return hidden

    def drop(self, name: str, signal: Signal, keep_prob: Keep) -> Signal:
        """Lay dropout if any member drops units here; return the signal after it."""
        if np.all(keep_prob == 1.0):
            return signal
        members, examples = signal.values.shape[:2]
        memory = self._workspace.signal(f"{name}.dropped", members, examples, signal.width, training=False)
        # Dropout turns the gradient of its output into that of its input in place.
        dropped = Signal(memory.values, signal.gradient, signal.width)
        mask = Mask(keep_prob, examples, signal.width, name, self._workspace)
        self.masks.append(mask)
        self.layers.append(Dropout(signal, dropped, mask.values))
        return dropped


def _norm_arrays(layer: LayerBlocks, rows: Array) -> NormArrays:
    """Return gamma and beta of `rows`, or of their gradient, (R, n_out) each."""
    assert layer.norm is not None, "only layers with batch norm have these"
    return NormArrays(layer.norm.gamma.of(rows), layer.norm.beta.of(rows))
