"""Array types, and the reusable memory in which a population computes without allocating."""

import math
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array: TypeAlias = NDArray[np.floating[Any]]
Indices: TypeAlias = NDArray[np.intp]
Order: TypeAlias = NDArray[np.int32]
"""Row numbers that are kept in half the memory of `Indices`, for data sets of less than 2^31 rows."""

Shape: TypeAlias = tuple[int, ...]

NO_GRADIENT: Array = np.zeros(0)

_CACHE_LINE = 64
"""In bytes. NumPy aligns memory to 16; vectors that lie across two lines make passes of batch norm a fifth slower."""


@dataclass(frozen=True, slots=True)
class Signal:
    """What flows between two layers: `values` forward, `gradient` (of the loss, same shape) backward.

    Both are (R, m, width + 1) between hidden layers, and the last column of `values` is always one: the next
    layer's bias is the last row of its weights, and costs no operation of its own. Logits are (R, m, width).
    `gradient` is an array of no size where nobody asks for it: at the input, and outside training.
    """

    values: Array
    gradient: Array
    width: int

    @property
    def features(self) -> Array:
        """The values without the column of ones, (R, m, width)."""
        return self.values[..., : self.width]

    @property
    def feature_gradient(self) -> Array:
        """The gradient without the column of ones, (R, m, width)."""
        return self.gradient[..., : self.width]

    def restore_ones(self) -> None:
        """Set the last column to one again, after an operation that went over the whole array."""
        self.values[..., self.width :] = 1.0


class Workspace:
    """Named memory that grows to the largest shape asked for and is shared by everything that runs in turn.

    Two arrays of one name overlap. A name always stands for one width, so that the column of ones of a signal
    stays in place for any number of members and examples.
    """

    def __init__(self, dtype: DTypeLike) -> None:
        self.dtype = np.dtype(dtype)
        self._memory: dict[str, NDArray[Any]] = {}

    def array(self, name: str, shape: Shape, dtype: DTypeLike | None = None) -> NDArray[Any]:
        """Return an array of `shape` in the memory called `name`; it holds what was left there, at first zeros."""
        size = math.prod(shape)
        memory = self._memory.get(name)
        if memory is None or memory.size < size:
            memory = self._memory[name] = _aligned_zeros(size, self.dtype if dtype is None else np.dtype(dtype))
        return memory[:size].reshape(shape)

    def zeros(self, shape: Shape) -> NDArray[Any]:
        """Return zeros of `shape`, to read from only."""
        return self.array("zeros", shape)

    def signal(self, name: str, members: int, examples: int, width: int, *, training: bool) -> Signal:
        """Return a signal between two layers, its column of ones in place."""
        shape = (members, examples, width + 1)
        gradient = self.array(f"{name}.gradient", shape) if training else NO_GRADIENT
        signal = Signal(self.array(f"{name}.values", shape), gradient, width)
        signal.restore_ones()
        return signal


def _aligned_zeros(size: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return zeros (size,) that start with a cache line."""
    memory = np.zeros(size * dtype.itemsize + _CACHE_LINE, np.uint8)
    start = -memory.ctypes.data % _CACHE_LINE
    return memory[start : start + size * dtype.itemsize].view(dtype)
