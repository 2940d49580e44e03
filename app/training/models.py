"""Kept weights as a file for the user: NPZ with named arrays and a JSON card."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.domain.space import Value
from app.training.datasets import load
from app.training.hyperparameters import complete
from app.training.member import structure_of
from engine.data import Dataset, Normalization
from engine.data.archive import write_npz
from engine.network import Network
from engine.training_set import LOSS_OF_TASK, outputs_of, target_moments

_HOW_TO_READ = (
    "W1 (n_in, n_out) and b1 (n_out,) belong to the first layer, and so on. The first layer reads (x - input_mean)"
    "/input_scale. The answer of a regression is its output times target_scale, plus target_mean."
)


def model_card(
    params: Mapping[str, Value],
    dataset_card: Mapping[str, object],
    made_with: Mapping[str, str],
    about: Mapping[str, object],
) -> dict[str, Any]:
    """Return what a model is made of, as plain JSON.

    `about` says where it comes from (sweep, trial, seed, metrics). The bits of a trial hold for one kind of processor
    and one set of library versions: `made_with` names those of the worker that trained it.
    """
    return {
        **about,
        "hyperparameters": complete(params),
        "data": dict(dataset_card),
        "made_with": dict(made_with),
        "arrays": _HOW_TO_READ,
    }


def model_npz(weights: bytes, params: Mapping[str, Value], dataset_content: bytes, card: Mapping[str, Any]) -> bytes:
    """Return the model as NPZ: W1, b1, ... float32, the normalisation float64, and `card` as text.

    Raises ValueError if the weights do not fit the network.
    """
    dataset = load(dataset_content)
    hyperparameters: Mapping[str, Any] = complete(params)
    mean, scale = target_moments(dataset)
    arrays = {
        **_layers(weights, hyperparameters, dataset),
        **_normalization(dataset, normalize=hyperparameters["normalize_inputs"]),
        "target_mean": np.array(mean),
        "target_scale": np.array(scale),
        "card": np.array(json.dumps(card, sort_keys=True, allow_nan=False)),
    }
    return write_npz(arrays)


def _layers(weights: bytes, hyperparameters: Mapping[str, Any], dataset: Dataset) -> dict[str, NDArray[Any]]:
    inputs, outputs = dataset.x_train.shape[1], outputs_of(dataset)
    network = Network(structure_of(hyperparameters, inputs, outputs, LOSS_OF_TASK[dataset.task]))
    row, size = np.frombuffer(weights, "<f4"), network.layout.size
    if len(row) != size:
        raise ValueError(f"there are {len(row):,} numbers, and the network has {size:,}")
    return dict(network.named_arrays(row))


def _normalization(dataset: Dataset, *, normalize: bool) -> dict[str, NDArray[Any]]:
    inputs = dataset.x_train.shape[1]
    if not normalize:
        return {"input_mean": np.zeros(inputs), "input_scale": np.ones(inputs)}
    learned = Normalization.fit(dataset.x_train)
    return {"input_mean": learned.mean, "input_scale": learned.scale}
