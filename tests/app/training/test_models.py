"""Tests of model files: anyone with NumPy can open one, and gets the errors that training reported."""

import base64
import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from app.domain.work import Result
from app.training.datasets import PreparedDataset, load
from app.training.models import model_card, model_npz
from app.training.trainer import Trainer
from tests.app.training.segments import segment, table

Arrays = dict[str, NDArray[Any]]
ACTIVATIONS: dict[str, Callable[[NDArray[Any]], NDArray[Any]]] = {
    "relu": lambda z: np.maximum(z, 0.0),
    "leaky_relu": lambda z: np.where(z > 0.0, z, 0.01 * z),
    "tanh": np.tanh,
    "sigmoid": lambda z: 1.0 / (1.0 + np.exp(-z)),
}


def trained(dataset: PreparedDataset, metric: str, params: dict[str, Any]) -> Result:
    trainer = Trainer(lambda: 0.0)
    trainer.add([segment(dataset, metric=metric, **params)], lambda *_: dataset.content)
    results: list[Result] = []
    while len(trainer):
        results += trainer.train({}).results
    (result,) = results
    return result


def model_of(result: Result, dataset: PreparedDataset, params: dict[str, Any]) -> Arrays:
    assert result.weights is not None
    card = model_card(params, dataset.card, result.made_with, {"trial": 0, "metrics": result.metrics})
    content = model_npz(base64.b64decode(result.weights), params, dataset.content, card)
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def answer(model: Arrays, x: NDArray[Any], activation: str) -> NDArray[Any]:
    """The network's output, by the description in the card."""
    a = (x.astype(np.float64) - model["input_mean"]) / model["input_scale"]
    layers = sum(name.startswith("W") for name in model)
    for layer in range(1, layers + 1):
        a = a @ model[f"W{layer}"].astype(np.float64) + model[f"b{layer}"]
        if layer < layers:
            a = ACTIVATIONS[activation](a)
    return a


def error(task: str, model: Arrays, output: NDArray[Any], y: NDArray[Any]) -> float:
    if task == "regression":
        value = output[:, 0] * model["target_scale"] + model["target_mean"]
        return float(np.sqrt(np.mean((value - y) ** 2)))
    label = output.argmax(axis=1) if task == "multiclass" else (output[:, 0] > 0.0).astype(int)
    return float(np.mean(label != y))


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize(
    ("hidden", "activation"),
    [([], "relu"), ([9], "relu"), ([8, 5], "tanh"), ([8], "sigmoid"), ([8], "leaky_relu")],
)
def test_the_arrays_of_a_model_give_the_errors_that_training_reported(
    task: str, normalize: bool, hidden: list[int], activation: str
) -> None:
    dataset, name = table(task), "rmse" if task == "regression" else "error"
    params = {"hidden_units": hidden, "activation": activation, "normalize_inputs": normalize, "epochs": 6}
    result = trained(dataset, f"dev_{name}", {**params, "learning_rate": 0.01})
    assert result.state == "completed", result.reason
    model, parts = model_of(result, dataset, params), load(dataset.content)
    for part in ("train", "dev", "test"):
        x, y = getattr(parts, f"x_{part}"), getattr(parts, f"y_{part}")
        assert error(task, model, answer(model, x, activation), y) == pytest.approx(
            result.metrics[f"{part}_{name}"], rel=1e-4
        )


def test_the_arrays_have_the_shapes_and_types_of_the_card() -> None:
    dataset = table("multiclass")
    params = {"hidden_units": [9, 4], "epochs": 1}
    model = model_of(trained(dataset, "dev_error", params), dataset, params)
    shapes = {name: array.shape for name, array in model.items() if name != "card"}
    inputs = dataset.features
    assert shapes == {
        "W1": (inputs, 9),
        "b1": (9,),
        "W2": (9, 4),
        "b2": (4,),
        "W3": (4, 3),
        "b3": (3,),
        "input_mean": (inputs,),
        "input_scale": (inputs,),
        "target_mean": (),
        "target_scale": (),
    }
    assert {model[name].dtype for name in ("W1", "b1", "W3")} == {np.dtype(np.float32)}
    assert {model[name].dtype for name in ("input_mean", "target_scale")} == {np.dtype(np.float64)}


def test_the_card_is_strict_json_with_every_hyperparameter_and_the_encoding_of_the_data() -> None:
    dataset = table("binary")
    params = {"hidden_units": [4], "epochs": 1}
    model = model_of(trained(dataset, "dev_error", params), dataset, params)
    card = json.loads(model["card"].item(), parse_constant=pytest.fail)
    assert card["trial"] == 0
    assert card["hyperparameters"]["hidden_units"] == [4]
    assert card["hyperparameters"]["optimizer"] == "adam"
    assert card["made_with"]["numpy"] == np.__version__
    assert card["made_with"]["processor"]
    assert "openblas" in card["made_with"]["kernels"].lower()
    assert [column["name"] for column in card["data"]["columns"]] == ["a", "b", "w"]
    assert card["data"]["classes"] == ["False", "True"]


def test_a_model_file_is_always_the_same_bytes() -> None:
    dataset = table("binary")
    weights = np.arange(dataset.features + 1, dtype="<f4").tobytes()
    params: dict[str, Any] = {"hidden_units": []}
    card = model_card(params, dataset.card, {}, {})
    assert model_npz(weights, params, dataset.content, card) == model_npz(weights, params, dataset.content, card)


@pytest.mark.parametrize("size", [0, 3, 4, 4 * 1000 - 4, 4 * 100_000])
def test_weights_that_do_not_fit_are_refused(size: int) -> None:
    dataset = table("binary")
    with pytest.raises(ValueError, match=r"numbers, and the network has|buffer size"):
        model_npz(bytes(size), {"hidden_units": [999]}, dataset.content, {})
