"""Compiled loops in a shared library, each called with the description of its arrays."""

import ctypes
from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path

from engine.kernels.base import AnyArray, Run

_TYPES = {"float32": "float", "float64": "double", "float32/float64": "float_double", "": "float"}
"""What the name of a loop ends in, by the float types of its arrays; one without floats is the same for all."""


class _Operand(ctypes.Structure):
    """The `operand` of kernels.h."""

    _fields_ = [
        (name, ctypes.c_void_p if name == "data" else ctypes.c_ssize_t)
        for name in ("data", "rows", "stride", "size", "width")
    ]


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

        The caller keeps the arrays alive.
        """
        operands = [operand for array in arrays if (operand := _operand(array)) is not None]
        if name in self._left_out or len(operands) < len(arrays):
            return None
        types = "/".join(sorted({array.dtype.name for array in arrays if array.dtype.kind == "f"}))
        loop = getattr(self._library, f"{name}_{_TYPES.get(types)}", None)
        if loop is None:
            return None
        loop.restype = None
        # Of the ways to hand over an address this one takes the least time: 130 ns for the whole call.
        return partial(loop, ctypes.byref((_Operand * len(operands))(*operands)))


def _operand(array: AnyArray) -> _Operand | None:
    rows, width = len(array), array.shape[-1] if array.ndim > 1 else 1
    stride, rest = divmod(array.strides[0], array.itemsize)
    if rest or not array.flags.aligned or not array[:1].flags.c_contiguous:
        return None
    return _Operand(array.ctypes.data, rows, stride, array.size // max(rows, 1), width)
