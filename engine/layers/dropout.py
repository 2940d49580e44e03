"""Inverted dropout: units are left out at random in training, and those that stay are scaled up to make up for it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array, Signal, Workspace
from engine.kernels import bind
from engine.kernels.dropout import DROPOUT_MASK
from engine.layers.base import BoundLayer

_WORDS = 1 << 16
_WORDS_PER_DRAW = 4
Keep = NDArray[np.float64]
Generators = Sequence[np.random.Generator | None]
"""The generator of each member; None for one that drops nothing."""


class Mask:
    """For each unit of each member 1/keep_prob where it stays, else 0; the column of ones always stays as it is.

    A unit stays if a random word of 16 bits is below keep_prob * 2^16, so that keep_prob counts to within 2^-17: a
    quarter of the random bits, and of the time, that comparing floats takes.
    """

    def __init__(self, keep_prob: Keep, examples: int, width: int, name: str, workspace: Workspace) -> None:
        members, size = len(keep_prob), examples * (width + 1)
        shape, column = (members, examples, width + 1), (members, 1, 1)
        self.values: Array = workspace.array(f"{name}.mask", shape)
        # Shared by all masks of a width, as each is turned into numbers at once.
        stays = workspace.array(f"dropout.stays.{width}", shape, np.bool_)
        self._draws = workspace.array(f"dropout.draws.{width}", (members, -(-size // _WORDS_PER_DRAW)), np.uint64)
        words = self._draws.view(np.uint16)[:, :size].reshape(shape, copy=False)
        # For a member that keeps everything it is the largest word, so that whatever its words are, all units stay.
        last = (np.clip(np.rint(keep_prob * _WORDS), 1, _WORDS) - 1).astype(np.uint16).reshape(column)
        scale = (1.0 / keep_prob).astype(workspace.dtype).reshape(column)
        self._fill = bind(DROPOUT_MASK, words, last, scale, stays, self.values)
        self._drops = [row for row, probability in enumerate(keep_prob) if probability < 1.0]

    def draw(self, generators: Generators) -> None:
        """Draw anew for the members that drop units, each from its own generator."""
        for row in self._drops:
            generator = generators[row]
            assert generator is not None, "a member that drops units has a generator"
            self._draws[row] = generator.bit_generator.random_raw(self._draws.shape[1])
        self._fill.run()


class Dropout(BoundLayer):
    """a -> a * mask, where both signals have one gradient. A mask of exactly one changes no bit."""

    def __init__(self, inputs: Signal, outputs: Signal, mask: Array) -> None:
        self._inputs, self._outputs, self._mask = inputs, outputs, mask

    def forward(self) -> None:
        """Write a * mask."""
        np.multiply(self._inputs.values, self._mask, out=self._outputs.values)

    def backward(self) -> None:
        """da = dy * mask, in place; at the network's input nobody asks for it."""
        if self._outputs.gradient.size:
            np.multiply(self._outputs.gradient, self._mask, out=self._outputs.gradient)
