"""The inputs of a part as a stack fetches them: numbers as they are, or bytes that become numbers on the way."""

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array, Indices, Workspace

Bytes = NDArray[np.uint8]

VALUES = 256
"""How many different values a byte has."""

_AT_ONCE = 1 << 16
"""Inputs that are looked up at a time: their places in the table, 8 bytes each, stay in the cache."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Neighbouring examples, `values` (m, n_in + 1); they are there once `load` was called, until another is loaded."""

    values: Array
    load: Callable[[], None]

    def loaded(self) -> Array:
        """Load the values, and return them."""
        self.load()
        return self.values


class Inputs(ABC):
    """The inputs (n, n_in) of a part's examples; wherever they are written, a one stands after those of each."""

    dtype: np.dtype[Any]

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def gather(self, rows: Indices, out: Array) -> None:
        """Write the inputs of the examples `rows` (R, m) to `out` (R, m, n_in + 1)."""

    @abstractmethod
    def chunk(self, examples: slice, workspace: Workspace) -> Chunk:
        """Return the inputs of neighbouring examples; chunks share the memory of the workspace, if they need any."""


class Numbers(Inputs):
    """Inputs that are held as the numbers `x` (n, n_in + 1) that a network reads, a one after each example."""

    def __init__(self, x: Array) -> None:
        self._x, self.dtype = x, x.dtype

    def __len__(self) -> int:
        return len(self._x)

    def gather(self, rows: Indices, out: Array) -> None:
        """Copy the examples."""
        # mode="clip" skips the bounds check and the buffering of "raise"; with `out` it gathers 2.5 times faster.
        np.take(self._x, rows, axis=0, out=out, mode="clip")

    def chunk(self, examples: slice, workspace: Workspace) -> Chunk:
        """Return a view."""
        del workspace
        return Chunk(self._x[examples], _nothing)


class LookedUp(Inputs):
    """Inputs that are held as bytes `x` (n, n_in), and looked up in a table when they are fetched.

    `table` (VALUES, inputs) has the number of each value, for all inputs or for the first few, in whose turn the
    others follow: the channels of images. The numbers are never computed but there, so that they are the same bits as
    if the whole part had been turned into numbers.
    """

    def __init__(self, x: Bytes, table: Array) -> None:
        inputs, turns = x.shape[1], table.shape[1]
        self._x, self.dtype = x, table.dtype
        # One row: the numbers of the first input, of the second and so on, and last a one.
        self._table: Array = np.append(table.T, np.ones(1, table.dtype))
        starts = np.append(np.tile(np.arange(turns) * VALUES, inputs // turns), VALUES * turns)
        self._most = max(_AT_ONCE // (inputs + 1), 1)
        self._fetched = np.zeros((self._most, inputs), np.uint8)
        self._places = np.tile(starts, (self._most, 1))
        self._values = _lowest_bytes(self._places)[:, :-1]

    def __len__(self) -> int:
        return len(self._x)

    def gather(self, rows: Indices, out: Array) -> None:
        """Look the examples up, a few at a time."""
        flat, examples = out.reshape((-1, out.shape[-1]), copy=False), rows.reshape(-1)
        for start in range(0, len(examples), self._most):
            some = examples[start : start + self._most]
            fetched = self._fetched[: len(some)]
            np.take(self._x, some, axis=0, out=fetched, mode="clip")
            self._look_up(fetched, flat[start : start + self._most])

    def chunk(self, examples: slice, workspace: Workspace) -> Chunk:
        """Return memory of the workspace that the examples are looked up into."""
        x = self._x[examples]
        values = workspace.array("inputs", (len(x), x.shape[1] + 1), self.dtype)

        def load() -> None:
            for start in range(0, len(x), self._most):
                self._look_up(x[start : start + self._most], values[start : start + self._most])

        return Chunk(values, load)

    def _look_up(self, x: Bytes, out: Array) -> None:
        """Write the numbers of a few examples `x` (m, n_in), and the ones after them, to `out` (m, n_in + 1)."""
        # An input's numbers start at a multiple of 256: its value is added by writing it to the lowest byte.
        self._values[: len(x)] = x
        np.take(self._table, self._places[: len(x)], out=out, mode="clip")


def _lowest_bytes(places: Indices) -> Bytes:
    """Return the lowest byte of each place (m, n), a view."""
    size = places.itemsize
    return places.view(np.uint8)[:, 0 if sys.byteorder == "little" else size - 1 :: size]


def _nothing() -> None:
    """Views need no loading."""
