"""Inputs that do not vary in the training part: they count for nothing in training, in predictions and in files."""

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.data import Dataset, Table, Tables, prepare
from engine.data.table import CategoricalColumn, NumericColumn
from engine.models import FORMATS, Model, read_model
from engine.population import Finished
from engine.rules import CURRENT, FIRST
from engine.training_set import TrainingSet
from tests.engine.models.trained import raw_inputs
from tests.engine.stacks import member, train_alone

FLAG, WORD = 1, 4
"""The inputs of the flag, and of words that the training part does not have."""


def part(rows: int, seed: int, flag: float = 0.0, word: str = "red") -> Table:
    """Rows whose target follows from a number and a word; the first row has this flag and this word."""
    rng = np.random.default_rng(seed)
    x, words = rng.normal(size=rows), rng.choice(np.array(["red", "green"], np.object_), rows)
    y = 3.0 * x + (words == "red")
    flags = np.zeros(rows)
    flags[0], words[0] = flag, word
    columns = (NumericColumn("x", x), NumericColumn("flag", flags), CategoricalColumn("word", words))
    return Table((*columns, NumericColumn("y", y)), range(rows), "row")


def dataset(flag: float = 1000.0, word: str = "violet") -> Dataset:
    return prepare(Tables(part(120, 1), part(40, 2, flag, word), part(40, 3)), target="y")


def trained(data: Dataset, rules: int = CURRENT, *, normalize: bool = True, **others: Any) -> tuple[Model, Finished]:
    ready = TrainingSet.of(data, normalize_inputs=normalize, rules=rules)
    spec = member(ready, activation="relu", epochs=8, **others)
    spec = replace(spec, structure=replace(spec.structure, rules=rules))
    _, ending = train_alone(ready, spec)
    assert ending.weights is not None, ending.reason
    return Model.of(spec.structure, ending.weights, data, normalize_inputs=normalize, about={}), ending


def test_an_input_that_does_not_vary_in_train_is_zero_in_dev_and_test() -> None:
    data = TrainingSet.of(dataset(), normalize_inputs=True)
    for some in (data.train, data.dev, data.test):
        assert np.all(some.x[:, [FLAG, WORD]] == 0.0)
    raw = TrainingSet.of(dataset(), normalize_inputs=False)
    assert raw.dev.x[0, [FLAG, WORD]].tolist() == [1000.0, 1.0]


@pytest.mark.parametrize("how", [{}, {"hidden": ()}, {"batch_norm": True}])
def test_a_flag_and_a_word_that_train_never_has_decide_nothing(how: dict[str, Any]) -> None:
    _, ending = trained(dataset(), **how)
    _, without = trained(dataset(flag=0.0), **how)
    assert ending.metrics == without.metrics
    _, before = trained(dataset(), FIRST, **how)
    assert before.metrics["dev_rmse"] > 1.5 * ending.metrics["dev_rmse"]  # one row with untrained weights


@pytest.mark.parametrize("how", [{}, {"hidden": ()}, {"batch_norm": True}])
def test_predictions_and_files_have_the_dev_error_of_training(how: dict[str, Any]) -> None:
    model, ending = trained(dataset(), **how)
    table = part(40, 2, 1000.0, "violet")
    y, rows = table.take("y")
    for one in (model, read_model(FORMATS["npz"](model)), read_model(FORMATS["safetensors"](model))):
        found = one.predict(rows).values
        assert np.sqrt(np.mean((found - y.values) ** 2)) == pytest.approx(ending.metrics["dev_rmse"], rel=1e-6)
        assert np.all(one.named_arrays()["W1"][[FLAG, WORD]] == 0.0)
        assert np.all(np.isfinite(one.named_arrays()["input_mean"]) & np.isfinite(one.named_arrays()["input_scale"]))


def test_an_unknown_word_is_answered_as_if_the_row_had_none() -> None:
    model, _ = trained(dataset(), hidden=())
    found = model.predict(model.read_rows([{"x": 0.5, "flag": flag, "word": "violet"} for flag in (0.0, -3e38)])).values
    with np.load(io.BytesIO(FORMATS["npz"](model)), allow_pickle=False) as archive:
        a = {name: archive[name] for name in archive.files}
    inputs = (np.array([0.5, 0.0, 0.0, 0.0, 1.0]) - a["input_mean"]) / a["input_scale"]  # the columns' cards say so
    wanted = (inputs @ a["W1"] + a["b1"]) * a["target_scale"] + a["target_mean"]
    np.testing.assert_allclose(found, [wanted[0]] * 2, rtol=1e-6)


def test_onnx_answers_alike() -> None:
    pytest.importorskip("onnx", reason="the extra onnx is not installed")
    runtime: Any = pytest.importorskip("onnxruntime", reason="onnxruntime, which this compares with, is not installed")
    model, _ = trained(dataset())
    _, rows = part(40, 2, 1000.0, "violet").take("y")
    session = runtime.InferenceSession(FORMATS["onnx"](model), providers=["CPUExecutionProvider"])
    inputs = raw_inputs(model, rows)
    np.testing.assert_allclose(
        session.run(["prediction"], {"inputs": inputs})[0], model.predict(rows).values, rtol=1e-5
    )


def test_what_does_not_vary_acts_as_a_bias_where_inputs_are_not_normalised() -> None:
    model, ending = trained(dataset(), normalize=False)
    assert ending.weights is not None
    np.testing.assert_array_equal(model.arrays["W1"], model.network.named_arrays(ending.weights)["W1"])


def test_by_the_first_rules_the_weights_stay_in_the_file_and_answer_as_before() -> None:
    model, ending = trained(dataset(), FIRST)
    assert ending.weights is not None
    np.testing.assert_array_equal(model.arrays["W1"], model.network.named_arrays(ending.weights)["W1"])
    y, rows = part(40, 2, 1000.0, "violet").take("y")
    found = read_model(FORMATS["npz"](model)).predict(rows).values
    assert np.sqrt(np.mean((found - y.values) ** 2)) == pytest.approx(ending.metrics["dev_rmse"], rel=1e-5)
