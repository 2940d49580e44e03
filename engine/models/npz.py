"""Models as NPZ: each array under its name, and the card as text under "card"."""

import json
from collections.abc import Collection, Iterator

import numpy as np

from engine.data import TableError
from engine.data.archive import write_npz
from engine.data.files.npy import read_npy
from engine.data.files.npz_members import read_members
from engine.models.files import MAX_BYTES, NO_CARD, Contents
from engine.models.predictor import ModelError, Predictor

SIGNATURE = b"PK\x03\x04"


def write_npz_model(model: Predictor) -> bytes:
    """Return the model as an NPZ file that NumPy opens without pickles; equal models give equal bytes."""
    return write_npz(
        {**model.named_arrays(), "card": np.array(json.dumps(model.card, sort_keys=True, allow_nan=False))}
    )


def read_npz_model(content: bytes) -> Contents:
    """Return the text of the card, and the arrays. Raises ModelError; pickles are refused, never read."""
    try:
        members = read_members(content, max_bytes=MAX_BYTES, name_faults=_name_faults)
        arrays = {name: read_npy(raw, name) for name, raw in members.items()}
    except TableError as error:
        raise ModelError(fault.detail for fault in error.faults) from None
    card = arrays.pop("card")
    if card.dtype.kind != "U" or card.ndim:
        raise ModelError([f"The array card has the type {card.dtype} and the shape {card.shape}: it must be one text."])
    return Contents(card.item(), arrays)


def _name_faults(names: Collection[str]) -> Iterator[str]:
    if "card" not in names:
        yield NO_CARD
