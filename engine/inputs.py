"""The inputs of a part as a stack fetches them: numbers as they are, or bytes that become numbers on the way."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from engine.arrays import Array, Indices, Workspace

Bytes = NDArray[np.uint8]

VALUES = 256
"""How many different values a byte has."""

_AT_ONCE = 1 << 15
"""Inputs that are computed at a time: their numbers, 8 bytes each, stay in the cache."""


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


class ScaledBytes(Inputs):
    """Inputs that are held as bytes `x` (n, n_in), and become (x - mean)/scale when they are fetched.

    `mean` and `scale` (n_in,) are float64, and so is what is computed; it is rounded to float32 in the end, as
    `Normalization.apply` does it, so that the numbers are the same bits as if the whole part had been normalised. An
    input that is to be 0 has an infinite scale.
    """

    def __init__(self, x: Bytes, mean: Array, scale: Array, dtype: DTypeLike) -> None:
        inputs = x.shape[1]
        self._x, self.dtype = x, np.dtype(dtype)
        self._most = max(_AT_ONCE // inputs, 1)
        self._fetched = np.zeros((self._most, inputs), np.uint8)
        self._wide = np.zeros((self._most, inputs))
        # NumPy is faster on arrays of one shape than where it has to repeat one of them for each example.
        self._mean = np.tile(mean, (self._most, 1))
        multiplied = _agree(mean, scale)
        self._scaled = np.multiply if multiplied else np.divide
        self._by = np.tile(1.0 / scale if multiplied else scale, (self._most, 1))

    def __len__(self) -> int:
        return len(self._x)

    def gather(self, rows: Indices, out: Array) -> None:
        """Compute the examples, a few at a time."""
        flat, examples = out.reshape((-1, out.shape[-1]), copy=False), rows.reshape(-1)
        for start in range(0, len(examples), self._most):
            some = examples[start : start + self._most]
            fetched = self._fetched[: len(some)]
            np.take(self._x, some, axis=0, out=fetched, mode="clip")
            self._compute(fetched, flat[start : start + self._most])

    def chunk(self, examples: slice, workspace: Workspace) -> Chunk:
        """Return memory of the workspace that the examples are computed into."""
        x = self._x[examples]
        values = workspace.array("inputs", (len(x), x.shape[1] + 1), self.dtype)

        def load() -> None:
            for start in range(0, len(x), self._most):
                self._compute(x[start : start + self._most], values[start : start + self._most])

        return Chunk(values, load)

    def _compute(self, x: Bytes, out: Array) -> None:
        """Write the numbers of a few examples `x` (m, n_in), and the ones after them, to `out` (m, n_in + 1)."""
        wide = self._wide[: len(x)]
        np.copyto(wide, x)
        np.subtract(wide, self._mean[: len(x)], out=wide)
        self._scaled(wide, self._by[: len(x)], out=wide)
        out[:, :-1] = wide if out.dtype == np.float32 else wide.astype(np.float32)
        out[:, -1] = 1.0


def _agree(mean: Array, scale: Array) -> bool:
    """Return whether multiplying by 1/scale, which is faster, gives each byte of each input the bits of a division.

    Once rounded to float32 the two hardly ever differ.
    """
    inverse = 1.0 / scale
    return all(
        np.array_equal(np.float32((value - mean) * inverse), np.float32((value - mean) / scale))
        for value in range(VALUES)
    )


def _nothing() -> None:
    """Views need no loading."""
