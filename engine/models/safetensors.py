"""Models as safetensors: each array under its name, and the card as text in the metadata under "card"."""

import json

from engine.models.files import NO_CARD, Contents
from engine.models.predictor import ModelError, Predictor
from engine.tensors import Tensors, TensorsError


def write_safetensors(model: Predictor) -> bytes:
    """Return the model as a safetensors file; equal models give equal bytes."""
    return Tensors(model.named_arrays(), {"card": json.dumps(model.card, sort_keys=True, allow_nan=False)}).to_bytes()


def read_safetensors(content: bytes) -> Contents:
    """Return the text of the card, and the arrays. Raises ModelError."""
    try:
        tensors = Tensors.from_bytes(content)
    except TensorsError as error:
        raise ModelError([f"{error} Fetch the model again."]) from None
    if "card" not in tensors.texts:
        raise ModelError([NO_CARD])
    return Contents(tensors.texts["card"], tensors.arrays)
