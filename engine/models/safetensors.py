"""Models as safetensors: each array under its name, and the card as text in the metadata under "card"."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, deserialize
from safetensors.numpy import save

from engine.models.files import NO_CARD, Contents
from engine.models.model import Model, ModelError

_LENGTH_BYTES = 8
_TYPES: Mapping[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "F64": np.dtype("<f8")}  # all that a model has


def write_safetensors(model: Model) -> bytes:
    """Return the model as a safetensors file; equal models give equal bytes."""
    arrays = {name: np.asarray(array, order="C") for name, array in model.arrays.items()}
    return save(arrays, {"card": json.dumps(model.card, sort_keys=True, allow_nan=False)})


def looks_like_safetensors(content: bytes) -> bool:
    """Return whether a file begins like one: the length of a header, and the header's brace."""
    return content[_LENGTH_BYTES : _LENGTH_BYTES + 1] == b"{"


def read_safetensors(content: bytes) -> Contents:
    """Return the text of the card, and the arrays. Raises ModelError."""
    try:
        tensors = deserialize(content)  # type: ignore[no-untyped-call]  # its stub has no types
    except SafetensorError as error:
        raise ModelError([f"The file is not a whole safetensors file: {error}. Fetch the model again."]) from None
    stop = _LENGTH_BYTES + int.from_bytes(content[:_LENGTH_BYTES], "little")
    metadata = json.loads(content[_LENGTH_BYTES:stop]).get("__metadata__") or {}  # `deserialize` has checked it
    if "card" not in metadata:
        raise ModelError([NO_CARD])
    return Contents(metadata["card"], {name: _array(name, tensor) for name, tensor in tensors})


def _array(name: str, tensor: Mapping[str, Any]) -> NDArray[Any]:
    dtype = _TYPES.get(tensor["dtype"])
    if dtype is None:
        raise ModelError([f"The array {name} has the type {tensor['dtype']}: it must be F32, or F64 for moments."])
    array: NDArray[Any] = np.frombuffer(tensor["data"], dtype).reshape(tensor["shape"])
    return array
