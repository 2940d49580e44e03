"""Kept weights as a file for the user: NPZ with named arrays and a JSON card."""

import json
import platform
from collections.abc import Mapping
from typing import Any

import numpy as np

from app.domain.space import Value
from app.training.datasets import load
from app.training.hyperparameters import complete
from app.training.member import structure_of
from engine.data import Normalization
from engine.data.archive import write_npz
from engine.network import Network
from engine.training_set import TrainingSet


def model_card(
    params: Mapping[str, Value], dataset_card: Mapping[str, object], about: Mapping[str, object]
) -> dict[str, Any]:
    """Return what a model is made of, as plain JSON.

    `about` says where it comes from (sweep, trial, seed, data, metrics). The bits of a trial hold for one kind of
    processor and one set of library versions: the card names both.
    """
    return {
        **about,
        "hyperparameters": complete(params),
        "data": dict(dataset_card),
        "made_with": {"python": platform.python_version(), "numpy": np.__version__, "machine": platform.machine()},
        "arrays": "W1 (n_in, n_out) and b1 (n_out,) of the first layer, and so on; the inputs of the first layer are "
        "(x - input_mean)/input_scale; a regression's output times target_scale plus target_mean is its answer",
    }


def model_npz(weights: bytes, params: Mapping[str, Value], dataset_content: bytes, card: Mapping[str, Any]) -> bytes:
    """Return the model as NPZ: W1, b1, ... float32, the normalisation float64, and `card` as text."""
    dataset = load(dataset_content)
    hyperparameters: Mapping[str, Any] = complete(params)
    data = TrainingSet.of(dataset, normalize_inputs=hyperparameters["normalize_inputs"])
    network = Network(structure_of(hyperparameters, data))
    row = np.frombuffer(weights, "<f4").reshape(1, -1)
    arrays: dict[str, Any] = {}
    for number, block in enumerate(network.blocks(row), 1):
        arrays[f"W{number}"], arrays[f"b{number}"] = block[0, :-1], block[0, -1]
    if hyperparameters["normalize_inputs"]:
        normalization = Normalization.fit(dataset.x_train)
        arrays["input_mean"], arrays["input_scale"] = normalization.mean, normalization.scale
    else:
        arrays["input_mean"], arrays["input_scale"] = np.zeros(data.inputs), np.ones(data.inputs)
    arrays["target_mean"], arrays["target_scale"] = np.array(data.target_mean), np.array(data.target_scale)
    arrays["card"] = np.array(json.dumps(card, sort_keys=True, allow_nan=False))
    return write_npz(arrays)
