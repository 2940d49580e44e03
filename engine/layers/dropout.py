"""Inverted dropout: units are left out at random in training, and those that stay are scaled up to make up for it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array, Signal, Workspace
from engine.kernels import Bound, bind
from engine.kernels.dropout import DROPOUT_MASK
from engine.kernels.pcg64 import PCG64, States, state_halves
from engine.layers.base import BoundLayer

_WORDS = 1 << 16
_WORDS_PER_DRAW = 4
Keep = NDArray[np.float64]
Generators = Sequence[np.random.Generator | None]
"""The generator of each member, of PCG64; None for one that drops nothing."""


class Words:
    """The random words of `members` in an epoch, each one's from its own generator, in the order in which it draws.

    Where compiled loops are ready they draw from copies of the generators' states, in a third of the time.
    """

    def __init__(self, members: int) -> None:
        self._generators: Generators = [None] * members
        self._states: States = np.zeros((members, 4), np.uint64)
        self._probe = self.bind(np.zeros((members, 1), np.bool_), np.zeros((members, 1), np.uint64))
        self._from_states = False

    def bind(self, drawn: NDArray[np.bool_], draws: NDArray[np.uint64]) -> Bound:
        """Tie the states of the members that are `drawn` from, (R, 1), to `draws` (R, words)."""
        return bind(PCG64, self._states, drawn, draws)

    def begin_epoch(self, generators: Generators) -> None:
        """Draw from these generators from now on; nobody else may, and whether they move is left open."""
        self._generators, self._from_states = generators, self._probe.is_compiled
        if self._from_states:
            for row, generator in enumerate(generators):
                self._states[row] = 0 if generator is None else state_halves(generator.bit_generator)

    def draw(self, tied: Bound, rows: Sequence[int], draws: NDArray[np.uint64]) -> None:
        """Write the next words of the members `rows` to `draws`; `tied` is what `bind` returned for them."""
        if self._from_states:
            tied.run()
            return
        for row in rows:
            generator = self._generators[row]
            assert generator is not None, "a member that drops units has a generator"
            draws[row] = generator.bit_generator.random_raw(draws.shape[1])


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
        self._drops = keep_prob < 1.0
        self._rows = np.flatnonzero(self._drops).tolist()
        self._words: Words | None = None

    def draw(self, words: Words) -> None:
        """Draw anew for the members that drop units."""
        if words is not self._words:
            self._words, self._tied = words, words.bind(self._drops[:, np.newaxis], self._draws)
        words.draw(self._tied, self._rows, self._draws)
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
