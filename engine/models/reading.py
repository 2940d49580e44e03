"""Model files back to models: nothing that a file says is believed before it is checked."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from engine.data.quoting import quoted
from engine.models.card import card_faults, member_cards
from engine.models.ensemble import ENSEMBLE_FORMAT, Ensemble
from engine.models.files import MAX_BYTES, Contents
from engine.models.model import Model
from engine.models.npz import SIGNATURE, read_npz_model
from engine.models.predictor import ModelError
from engine.models.safetensors import read_safetensors
from engine.tensors import looks_like_tensors


def read_model(content: bytes) -> Model | Ensemble:
    """Return the model or the ensemble of an NPZ or a safetensors file, told apart by their first bytes.

    Raises ModelError with every fault found.
    """
    contents = _contents(content)
    card = _card(contents.card)
    cards = member_cards(card) if card["format"] == ENSEMBLE_FORMAT else None
    prefixed = {"": card} if cards is None else {Ensemble.prefix(place): one for place, one in enumerate(cards)}
    models, faults = _models(prefixed, contents.arrays)
    if faults:
        raise ModelError(faults)
    return models[0] if cards is None else Ensemble(card, models)


def _models(
    cards: Mapping[str, Mapping[str, Any]], arrays: Mapping[str, NDArray[Any]]
) -> tuple[list[Model], list[str]]:
    """Return the models of cards, by what stands in front of their arrays' names, and what is wrong with those."""
    expected = {prefix: _expected(Model(card, {})) for prefix, card in cards.items()}
    whole = {f"{prefix}{name}": array for prefix, own in expected.items() for name, array in own.items()}
    if faults := list(_array_faults(arrays, whole)):
        return [], faults
    return [
        Model(card, {name: arrays[f"{prefix}{name}"] for name in expected[prefix]}) for prefix, card in cards.items()
    ], []


def _contents(content: bytes) -> Contents:
    if content.startswith(SIGNATURE):
        return read_npz_model(content)
    if looks_like_tensors(content):
        return read_safetensors(content)
    way = "Fetch the model as npz or safetensors: an ONNX file is for other programs."
    raise ModelError([f"The file is neither NPZ nor safetensors by its first bytes. {way}"])


def _card(text: str) -> dict[str, Any]:
    try:
        card = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ModelError([f"The card is not JSON: {error}. Fetch the model again."]) from None
    if faults := list(card_faults(card)):
        raise ModelError(faults)
    return dict(card)


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"it has the number {word}")


def _expected(model: Model) -> dict[str, NDArray[Any]]:
    """Return arrays of the right types and shapes; their memory is never touched."""
    network = model.network
    if network.layout.size * np.dtype(np.float32).itemsize > MAX_BYTES:
        raise ModelError(
            [f"The network of the card has {network.layout.size:,} numbers, more than {MAX_BYTES:,} bytes hold."]
        )
    inputs = np.zeros(network.structure.inputs)
    return {
        **network.named_arrays(np.zeros(network.layout.size, np.float32)),
        "input_mean": inputs,
        "input_scale": inputs,
        "target_mean": np.zeros(()),
        "target_scale": np.zeros(()),
    }


def _array_faults(arrays: Mapping[str, NDArray[Any]], expected: Mapping[str, NDArray[Any]]) -> Iterator[str]:
    for name, right in expected.items():
        found = arrays.get(name)
        if found is None:
            yield f"The array {name} is missing: the card needs it with the shape {right.shape}."
        elif (found.dtype, found.shape) != (right.dtype, right.shape):
            got = f"The array {name} is {found.dtype} {found.shape}"
            yield f"{got}, but by the card it is {right.dtype} {right.shape}."
    for name in arrays:
        if name not in expected:
            yield f"The array {quoted(name)} is not expected by the card. Leave it out."
