"""One NPY array from bytes that nobody vouches for: no header is trusted, and nothing is ever unpickled.

NumPy's own reader allocates what a header declares, so 128 bytes can ask for gigabytes; here the header is checked
against the bytes that are really there before an array is made of them.
"""

import ast
import math
import re
from dataclasses import dataclass
from typing import Any, Literal, TypeGuard

import numpy as np
from numpy.typing import NDArray

from engine.data.quoting import quoted
from engine.data.table import TableError

_MAGIC = b"\x93NUMPY"
_LENGTH_BYTES = {1: 2, 2: 4, 3: 4}  # by version of the format
_MAX_HEADER = 4096
_WIDEST_NUMBER = 8
_PLAIN = re.compile(r"[<>=|]?[buifU][0-9]{1,9}")
_BROKEN = "Write the file with numpy.savez."


@dataclass(frozen=True, slots=True)
class _Header:
    shape: tuple[int, ...]
    order: Literal["C", "F"]
    dtype: np.dtype[Any]
    size: int


def read_npy(raw: bytes | memoryview, name: str) -> NDArray[Any]:
    """Return the array that `raw` holds, a view on it: numbers, truth values or text of fixed width.

    Raises TableError, whose sentences call the array `name`.
    """
    header = _header(bytes(raw[: _MAX_HEADER + 1]), name)
    if any(length <= 0 for length in header.shape):
        raise TableError([f"The array {name} has the shape {header.shape}: every length must be at least 1."])
    declared, there = math.prod(header.shape) * header.dtype.itemsize, len(raw) - header.size
    if declared != there:
        detail = f"The header of {name} declares {declared:,} bytes for {header.shape}, and {there:,} follow it."
        raise TableError([f"{detail} {_BROKEN}"])
    try:
        return np.frombuffer(raw, header.dtype, offset=header.size).reshape(header.shape, order=header.order)
    except ValueError as error:
        raise TableError([f"The array {name} has an impossible shape: {error}. {_BROKEN}"]) from None


def _header(raw: bytes, name: str) -> _Header:
    """Read the text before the numbers, at the start of `raw`: a dictionary of descr, fortran_order and shape."""
    length_bytes = _LENGTH_BYTES.get(raw[6]) if raw.startswith(_MAGIC) and len(raw) > 8 else None
    if length_bytes is None:
        raise TableError([f"The array {name} is not in the NPY format. {_BROKEN}"])
    start = 8 + length_bytes
    stop = start + int.from_bytes(raw[8:start], "little")
    if stop > min(len(raw), _MAX_HEADER):
        raise TableError([f"The header of {name} is cut off, or longer than {_MAX_HEADER:,} bytes. {_BROKEN}"])
    fields = _fields(raw[start:stop].decode("latin1"))
    shape = fields.get("shape")
    if fields.keys() != {"descr", "fortran_order", "shape"} or not _is_shape(shape):
        raise TableError([f"The header of {name} is not a description of an array. {_BROKEN}"])
    return _Header(shape, "F" if fields["fortran_order"] else "C", _dtype(fields["descr"], name), stop)


def _fields(text: str) -> dict[Any, Any]:
    try:
        fields = ast.literal_eval(text.strip())
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def _is_shape(shape: Any) -> TypeGuard[tuple[int, ...]]:
    return isinstance(shape, tuple) and all(type(length) is int for length in shape)


def _dtype(described: Any, name: str) -> np.dtype[Any]:
    rule = (
        "only numbers of up to 8 bytes, truth values and text of fixed width are read, never pickled objects. "
        "Convert it with astype."
    )
    refused = TableError([f"The array {name} has the type {quoted(str(described))}: {rule}"])
    if not isinstance(described, str) or not _PLAIN.fullmatch(described):
        raise refused
    try:
        dtype = np.dtype(described)
    except (TypeError, ValueError):
        raise refused from None
    if not dtype.itemsize or (dtype.kind != "U" and dtype.itemsize > _WIDEST_NUMBER):
        raise refused
    return dtype
