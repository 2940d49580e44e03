"""Safetensors files: arrays of numbers under their names, and texts beside them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, deserialize
from safetensors.numpy import save

_LENGTH_BYTES = 8
_TYPES: Mapping[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "F64": np.dtype("<f8")}  # all that networks have

_NAMES = {dtype.itemsize: name for name, dtype in _TYPES.items()}


class TensorsError(ValueError):
    """The bytes are not a safetensors file with numbers; the message says why."""


@dataclass(frozen=True, slots=True)
class Tensors:
    """What a file holds: arrays, float32 or float64, and texts."""

    arrays: Mapping[str, NDArray[Any]]
    texts: Mapping[str, str]

    def to_bytes(self) -> bytes:
        """Return the file, not compressed; equal arrays and one equal text give equal bytes."""
        return save({name: np.asarray(array, order="C") for name, array in self.arrays.items()}, dict(self.texts))

    def pieces(self) -> list[memoryview]:
        """Return the file as its header and the memory of its arrays, not copied: to be hashed or sent piece by piece.

        `to_bytes` would copy them all at once, while every other thread stands still.
        """
        header: dict[str, object] = {"__metadata__": dict(self.texts)}
        data, end = list[memoryview](), 0
        for name, array in self.arrays.items():
            little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
            data.append(little.reshape(-1).view(np.uint8).data)
            offsets = [end, end := end + little.nbytes]
            header[name] = {"dtype": _NAMES[array.dtype.itemsize], "shape": array.shape, "data_offsets": offsets}
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % _LENGTH_BYTES)
        return [memoryview(len(text).to_bytes(_LENGTH_BYTES, "little") + text), *data]

    @classmethod
    def from_bytes(cls, content: bytes) -> "Tensors":
        """Return what a file holds. Raises TensorsError; bytes that changed within a number are not noticed."""
        try:
            tensors = deserialize(content)  # type: ignore[no-untyped-call]  # its stub has no types
        except SafetensorError as error:
            raise TensorsError(f"The file is not a whole safetensors file: {error}.") from None
        stop = _LENGTH_BYTES + int.from_bytes(content[:_LENGTH_BYTES], "little")
        texts = json.loads(content[_LENGTH_BYTES:stop]).get("__metadata__") or {}  # `deserialize` has checked it
        return cls({name: _array(name, tensor) for name, tensor in tensors}, texts)


def looks_like_tensors(content: bytes) -> bool:
    """Return whether a file begins like one: the length of a header, and the header's brace."""
    return content[_LENGTH_BYTES : _LENGTH_BYTES + 1] == b"{"


def _array(name: str, tensor: Mapping[str, Any]) -> NDArray[Any]:
    dtype = _TYPES.get(tensor["dtype"])
    if dtype is None:
        raise TensorsError(f"The array {name} has the type {tensor['dtype']}: it must be F32 or F64.")
    array: NDArray[Any] = np.frombuffer(tensor["data"], dtype).reshape(tensor["shape"])
    return array
