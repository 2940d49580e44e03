"""Compiled loops in a shared library, each called with the description of its arrays."""

import ctypes
from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path

from engine.kernels.base import AnyArray, Run

_TYPES = {"f": "float", "d": "double", "df": "float_double", "": "float"}
"""What the name of a loop ends in, by NumPy's letters for the float types of its arrays; without floats all are one."""


class Library:
    """The loops of one shared library, but for those `left_out`."""

    def __init__(self, path: Path, left_out: Collection[str] = ()) -> None:
        # Calls keep the GIL: releasing it takes as long as a small loop.
        self._library, self._left_out = ctypes.PyDLL(str(path)), frozenset(left_out)
        self.path = path

    def without(self, names: Collection[str]) -> "Library":
        """Return the library without some loops."""
        return Library(self.path, self._left_out | set(names))

    def tied(self, name: str, arrays: Sequence[AnyArray]) -> Run | None:
        """Return the loop on these arrays; None for one that is left out, and where rows are not contiguous.

        What is returned keeps the arrays alive: the loop knows no more than where they lie.
        """
        described = [_described(array) for array in arrays]
        if name in self._left_out or None in described:
            return None
        types = "".join(sorted({array.dtype.char for array in arrays if array.dtype.kind == "f"}))
        loop = getattr(self._library, f"{name}_{_TYPES.get(types)}", None)
        if loop is None:
            return None
        loop.restype = None
        numbers = [number for operand in described if operand is not None for number in operand]
        operands = (ctypes.c_ssize_t * len(numbers))(*numbers)
        operands.arrays = arrays  # type: ignore[attr-defined] # so that they live as long as what holds their addresses
        # Of the ways to hand over an address this one takes the least time: 130 ns for the whole call.
        return partial(loop, ctypes.byref(operands))


def _described(array: AnyArray) -> tuple[int, int, int, int, int] | None:
    """Return what an `operand` of kernels.h says of an array, number by number; None where no `operand` can."""
    address, rows = array.__array_interface__["data"][0], len(array)
    size, width = array.size // max(rows, 1), array.shape[-1] if array.ndim > 1 else 1
    if array.flags.c_contiguous:
        stride, rest = size, 0
    else:
        stride, rest = divmod(array.strides[0], array.itemsize)
        if not array[:1].flags.c_contiguous:
            return None
    return None if rest or address % array.itemsize else (address, rows, stride, size, width)
