"""The inputs of a part as a stack fetches them: numbers as they are, or bytes that become numbers on the way."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from engine.arrays import Array, Indices, Workspace
from engine.kernels import Bound, bind
from engine.kernels.gather import GATHER
from engine.kernels.scaled_bytes import (
    BYTES_DIVIDED,
    BYTES_MULTIPLIED,
    GATHER_BYTES_DIVIDED,
    GATHER_BYTES_MULTIPLIED,
    Bytes,
)

VALUES = 256
"""How many different values a byte has."""

_AT_ONCE = 1 << 15
"""Inputs that are computed at a time: their numbers, 8 bytes each, stay in the cache."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Neighbouring examples, `values` (m, n_in + 1); they are there once `load` was called, until another is loaded."""

    values: Array
    load: Callable[[], object]

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
    def bind(self, rows: Indices, out: Array) -> Bound:
        """Tie to `out` (R, m, n_in + 1), where it writes them, the inputs of the examples `rows` (R, m)."""

    @abstractmethod
    def chunk(self, examples: slice, workspace: Workspace) -> Chunk:
        """Return the inputs of neighbouring examples; chunks share the memory of the workspace, if they need any."""


class Numbers(Inputs):
    """Inputs that are held as the numbers `x` (n, n_in + 1) that a network reads, a one after each example."""

    def __init__(self, x: Array) -> None:
        self._x, self.dtype = x, x.dtype

    def __len__(self) -> int:
        return len(self._x)

    def bind(self, rows: Indices, out: Array) -> Bound:
        """Copy the examples."""
        return bind(GATHER, out, self._x, rows)

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
        most = max(_AT_ONCE // inputs, 1)
        self._fetched = np.zeros((most, inputs), np.uint8)
        self._wide = np.zeros((most, inputs))
        # NumPy is faster on arrays of one shape than where it has to repeat one of them for each example.
        self._mean = np.tile(mean, (most, 1))
        self._multiplied = _agree(mean, scale)
        self._by = np.tile(1.0 / scale if self._multiplied else scale, (most, 1))

    def __len__(self) -> int:
        return len(self._x)

    def bind(self, rows: Indices, out: Array) -> Bound:
        """Compute the examples, a few at a time."""
        kernel = GATHER_BYTES_MULTIPLIED if self._multiplied else GATHER_BYTES_DIVIDED
        return bind(kernel, out, self._x, rows, self._mean, self._by, self._fetched, self._wide)

    def chunk(self, examples: slice, workspace: Workspace) -> Chunk:
        """Return memory of the workspace that the examples are computed into."""
        x, kernel = self._x[examples], BYTES_MULTIPLIED if self._multiplied else BYTES_DIVIDED
        values = workspace.array("inputs", (len(x), x.shape[1] + 1), self.dtype)
        computed = bind(kernel, values, x, self._mean, self._by, self._wide)

        def load() -> None:
            computed.run()  # looked up anew: it changes when compiled loops become ready

        return Chunk(values, load)


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
