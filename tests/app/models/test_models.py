"""Tests of model files: anyone with NumPy can open one, and gets the errors that training reported."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from app.contract.hyperparameters import complete
from app.contract.rules import CURRENT_RULES
from app.domain.errors import InvalidRequest
from app.models.evaluation import evaluate_files
from app.models.files import predict_file
from app.models.models import Model, model_file, predict_rows, trained_model
from app.preparation.datasets import PreparedDataset
from app.trainer import packing
from app.trainer.trainer import StoppedRun
from engine.data import Dataset
from engine.models import read_model
from tests.app.trainer import runs
from tests.app.trainer.runs import table

Arrays = dict[str, NDArray[Any]]
ACTIVATIONS: dict[str, Callable[[NDArray[Any]], NDArray[Any]]] = {
    "relu": lambda z: np.maximum(z, 0.0),
    "leaky_relu": lambda z: np.where(z > 0.0, z, 0.01 * z),
    "tanh": np.tanh,
    "sigmoid": lambda z: 1.0 / (1.0 + np.exp(-z)),
}


def trained(dataset: PreparedDataset, metric: str, params: dict[str, Any]) -> StoppedRun:
    return runs.trained(dataset, metric, **params)


def trained_from(stopped: StoppedRun, dataset: PreparedDataset, params: dict[str, Any]) -> Model:
    assert stopped.weights is not None
    about = {"trial": 0, "metrics": stopped.result.metrics}
    made_with = packing.model_of(stopped.weights).made_with
    return trained_model(stopped.weights, complete(params), dataset.content, made_with, about, CURRENT_RULES)


def model_of(stopped: StoppedRun, dataset: PreparedDataset, params: dict[str, Any]) -> Arrays:
    content = model_file(trained_from(stopped, dataset, params), "npz")
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def answer(model: Arrays, x: NDArray[Any], activation: str) -> NDArray[Any]:
    """The network's output, by the description in the card."""
    a = (x.astype(np.float64) - model["input_mean"]) / model["input_scale"]
    layers = sum(name.startswith("W") for name in model)
    for layer in range(1, layers + 1):
        a = a @ model[f"W{layer}"].astype(np.float64)
        if f"gamma{layer}" in model:
            gamma, beta, mean, variance = (model[f"{name}{layer}"] for name in ("gamma", "beta", "mean", "variance"))
            a = (a - mean) / np.sqrt(variance + 1e-5) * gamma + beta
        else:
            a = a + model[f"b{layer}"]
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
@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize(
    ("hidden", "activation"),
    [([], "relu"), ([9], "relu"), ([8, 5], "tanh"), ([8], "sigmoid"), ([8], "leaky_relu")],
)
def test_the_arrays_of_a_model_give_the_errors_that_training_reported(
    task: str, normalize: bool, batch_norm: bool, hidden: list[int], activation: str
) -> None:
    dataset, name = table(task), "rmse" if task == "regression" else "error"
    params = {"hidden_units": hidden, "activation": activation, "normalize_inputs": normalize, "batch_norm": batch_norm}
    stopped = trained(dataset, f"dev_{name}", {**params, "epochs": 6, "learning_rate": 0.01})
    result = stopped.result
    assert result.state == "completed", result.reason
    model, parts = model_of(stopped, dataset, params), Dataset.from_bytes(dataset.content)
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


def test_a_model_tells_its_rules_and_one_from_before_they_were_written_down_has_the_first() -> None:
    dataset, weights = table("binary"), np.zeros(table("binary").features + 1, "<f4").tobytes()
    for rules in (1, 2, 3):
        model = trained_model(weights, complete({"hidden_units": []}), dataset.content, {}, {}, rules)
        assert (model.card["rules"], model.network.structure.rules) == (rules, rules)
    before = Model({name: value for name, value in model.card.items() if name != "rules"}, model.arrays)
    assert read_model(model_file(before, "npz")).rules == 1


@pytest.mark.parametrize("size", [0, 3, 4, 4 * 1000 - 4, 4 * 100_000])
def test_weights_that_do_not_fit_are_refused(size: int) -> None:
    dataset = table("binary")
    with pytest.raises(ValueError, match=r"numbers, and the network has|buffer size"):
        trained_model(bytes(size), complete({"hidden_units": [999]}), dataset.content, {}, {}, CURRENT_RULES)


def untrained() -> Model:
    dataset = table("binary")
    weights = np.zeros(dataset.features + 1, "<f4").tobytes()
    return trained_model(weights, complete({"hidden_units": []}), dataset.content, {}, {}, CURRENT_RULES)


ROWS: list[dict[str, Any]] = [{"a": 3.0, "b": 0.5, "w": "red"}, {"a": None, "b": -1, "w": None}]


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_rows_are_predicted_from_json_and_from_files_alike(task: str) -> None:
    dataset, metric = table(task), "dev_rmse" if task == "regression" else "dev_error"
    params = {"hidden_units": [9], "epochs": 6}
    model = trained_from(trained(dataset, metric, params), dataset, params)
    found = predict_rows(model, ROWS).items
    of_file = predict_file(model_file(model, "safetensors"), b"w,b,y,a\nred,0.5,1,3\n,-1,,\n")
    assert [note.code for note in of_file.notes] == ["target_passed_over"]
    assert of_file.as_rows().items == found
    header, *lines = csv.reader(io.StringIO(of_file.as_csv()))
    names = [] if task == "regression" else [f"probability_{name}" for name in model.classes]
    assert header == ["prediction", *names]
    for one, line in zip(found, lines, strict=True):
        assert line == [str(one.prediction), *map(str, (one.probabilities or {}).values())]
        assert one.probabilities is None or one.prediction == max(one.probabilities, key=one.probabilities.__getitem__)


def test_faults_of_rows_point_to_their_cells() -> None:
    model = untrained()
    with pytest.raises(InvalidRequest) as caught:
        predict_rows(model, [{**ROWS[0], "else": 1}, {"a": "x", "b": True, "w": False}, 7, {"a": 1, "b": 1e39}])
    assert [(fault.pointer, fault.detail.split(".")[0]) for fault in caught.value.faults] == [
        ("/rows/2", "Row 2 is 7, but a row is an object with a value for each column"),
        ("/rows/3/w", 'Row 3 has no "w"'),
        ("/rows/1/a", 'Row 1, column "a": "x" is not a number, but the model learned the column as numbers'),
        ("/rows/1/b", 'Row 1, column "b": true is not a number, but the model learned the column as numbers'),
        ("/rows/3/b", 'Row 3, column "b": 1e+39 is not a number between -3'),
        ("/rows/1/w", 'Row 1, column "w": false is not a text, but the model learned the column as words'),
    ]


def test_a_request_and_its_answer_have_a_limit() -> None:
    model = untrained()
    with pytest.raises(InvalidRequest) as caught:
        predict_rows(model, [{}] * 500_001)
    assert [fault.detail for fault in caught.value.faults] == [
        "500,001 rows make 1,500,003 cells, 3 each; at most 1,000,000 are possible. Send the rows in parts.",
        "500,001 rows make 1,000,002 probabilities, 2 each; at most 1,000,000 are possible. Send the rows in parts.",
    ]


@pytest.mark.parametrize("setting", ["decimal=comma", "thousands=point", "dates=dmy", "missing=-9"])
def test_how_cells_are_read_was_settled_in_training(setting: str) -> None:
    model = model_file(untrained(), "npz")
    name = setting.partition("=")[0]
    for answer in (predict_file, evaluate_files):
        with pytest.raises(InvalidRequest) as caught:
            answer(model, b"a,b,w\n1,2,red\n", [setting])
        (fault,) = caught.value.faults
        assert fault.pointer == "/read"
        assert fault.detail == (
            f"The cells of rows for a model are read as in training, so {name} cannot be set. Leave it out."
        )


def test_what_is_wrong_with_the_files_is_said_of_each() -> None:
    with pytest.raises(InvalidRequest) as caught:
        predict_file(b"x", b"")
    assert [fault.pointer for fault in caught.value.faults] == ["/model"]
    model = untrained()
    with pytest.raises(InvalidRequest) as caught:
        predict_file(model_file(model, "npz"), b"a,b,y\n1,2,no\nx,1e99,yes\n")
    assert [fault.detail.split(".")[0] for fault in caught.value.faults] == [
        'The column "w" is missing',
        'Line 3, column "a": "x" is not a number, but the model learned the column as numbers',
        'Line 3, column "b": "1e99" is not a number between -3',
    ]
