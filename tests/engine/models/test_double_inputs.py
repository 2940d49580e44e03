"""Columns that float32 would merge: networks learn from them, and predictions and files read them alike."""

import io
import json
from typing import Any

import numpy as np
import pytest

from engine.data import Table, prepare
from engine.data.table import CategoricalColumn, NumericColumn
from engine.models import FORMATS, Model, read_model
from engine.training_set import TrainingSet
from tests.engine.models.trained import raw_inputs
from tests.engine.stacks import member, train_alone

SERIAL = {"serial": (1e9, 1.0), "time": (1.7e9, 60.0), "tiny": (0.0, 1e-46)}


def table(offset: float, step: float) -> Table:
    """Two hundred rows whose target follows from a number that float32 merges, beside one that it holds and words."""
    rng = np.random.default_rng(2)
    places = rng.integers(0, 40, 200)
    words = rng.choice(np.array(["red", "green"], np.object_), 200)
    columns = (
        CategoricalColumn("word", words),
        NumericColumn("far", np.where(rng.random(200) < 0.1, np.nan, offset + step * places)),
        NumericColumn("near", rng.normal(0.1, 1.0, 200)),
        NumericColumn("y", np.abs(places - 20.0) + (words == "red")),
    )
    return Table(columns, range(200), "row")


def trained(offset: float, step: float) -> tuple[Model, Table, dict[str, float]]:
    whole = table(offset, step)
    data = prepare(whole, target="y")
    ready = TrainingSet.of(data, normalize_inputs=True)
    spec = member(ready, hidden=(16,), activation="relu", epochs=30)
    _, ending = train_alone(ready, spec)
    assert ending.weights is not None, ending.reason
    model = Model.of(spec.structure, ending.weights, data, normalize_inputs=True, about={})
    return model, whole, dict(ending.metrics)


@pytest.mark.parametrize(("offset", "step"), SERIAL.values(), ids=list(SERIAL))
def test_a_network_learns_what_follows_from_them_and_predicts_it(offset: float, step: float) -> None:
    model, whole, metrics = trained(offset, step)
    guessing = float(np.std(whole.columns[-1].values))
    assert metrics["dev_rmse"] < 0.6 * guessing
    rows = [{"word": "red", "far": offset + step * place, "near": 0.1} for place in range(40)]
    found = model.predict(model.read_rows(rows)).values
    assert len(set(found.tolist())) == 40
    assert np.corrcoef(found, np.abs(np.arange(40) - 20.0))[0, 1] > 0.9


@pytest.mark.parametrize(("offset", "step"), SERIAL.values(), ids=list(SERIAL))
@pytest.mark.parametrize("kind", ["npz", "safetensors"])
def test_files_say_which_columns_are_double_and_answer_alike(offset: float, step: float, kind: str) -> None:
    model, whole, _ = trained(offset, step)
    again, rows = read_model(FORMATS[kind](model)), whole.take("y")[1]
    assert [column["name"] for column in again.card["data"]["columns"] if column.get("double")] == ["far"]
    np.testing.assert_array_equal(again.predict(rows).values, model.predict(rows).values)
    x, a = raw_inputs(again, rows), again.named_arrays()
    hidden = np.maximum((x - a["input_mean"]) / a["input_scale"] @ a["W1"] + a["b1"], 0.0)
    wanted = (hidden @ a["W2"] + a["b2"])[:, 0] * a["target_scale"] + a["target_mean"]
    np.testing.assert_allclose(model.predict(rows).values, wanted, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("offset", "step"), SERIAL.values(), ids=list(SERIAL))
def test_onnx_takes_double_and_rounds_the_other_inputs_as_the_engine_does(offset: float, step: float) -> None:
    onnx: Any = pytest.importorskip("onnx", reason="the extra onnx is not installed")
    runtime: Any = pytest.importorskip("onnxruntime", reason="onnxruntime, which this compares with, is not installed")
    model, whole, _ = trained(offset, step)
    rows, content = whole.take("y")[1], FORMATS["onnx"](model)
    (entry,) = onnx.load_model_from_string(content).graph.input
    assert entry.type.tensor_type.elem_type == onnx.TensorProto.DOUBLE
    session = runtime.InferenceSession(content, providers=["CPUExecutionProvider"])
    inputs = raw_inputs(model, rows)
    near = model.card["structure"]["inputs"] - 1
    inputs[:, near] = rows.columns[2].values  # not yet rounded to float32
    (found,) = session.run(["prediction"], {"inputs": inputs})
    np.testing.assert_allclose(found, model.predict(rows).values, rtol=1e-5, atol=1e-5)


def test_a_card_that_is_neither_double_nor_not_is_refused() -> None:
    model, _, _ = trained(*SERIAL["serial"])
    column = next(column for column in model.card["data"]["columns"] if column["name"] == "far")
    column["double"] = "yes"
    with pytest.raises(ValueError, match=r"The card has data\.columns"):
        read_model(FORMATS["npz"](model))


def test_a_file_from_before_there_were_doubles_answers_as_it_did() -> None:
    rng = np.random.default_rng(1)
    columns = [{"name": name, "kind": "numeric", "fill": 0.0, "flag": False} for name in ("far", "flag")]
    structure = {"inputs": 2, "hidden_units": [], "outputs": 1, "activation": "relu", "loss": "squared"}
    data = {"target": "y", "task": "regression", "classes": [], "columns": columns}
    card = {"format": 1, "structure": {**structure, "batch_norm": False}, "data": data}
    arrays = {
        "W1": rng.normal(size=(2, 1)).astype(np.float32),
        "b1": rng.normal(size=1).astype(np.float32),
        "input_mean": np.array([1e9, 0.0]),
        "input_scale": np.array([11.5, 1.0]),  # the flag was 0 in training, and its weights are as they were drawn
        "target_mean": np.array(5.0),
        "target_scale": np.array(2.0),
    }
    file = io.BytesIO()
    np.savez(file, **arrays, card=np.array(json.dumps(card)))  # type: ignore[arg-type]  # its stub means allow_pickle
    model = read_model(file.getvalue())
    x = np.array([[1e9 + 1.0, 0.0], [1e9 + 100.0, 7.0]])
    found = model.predict(model.read_rows([{"far": far, "flag": flag} for far, flag in x.tolist()])).values
    z = (x.astype(np.float32).astype(np.float64) - arrays["input_mean"]) / arrays["input_scale"]
    np.testing.assert_allclose(found, (z @ arrays["W1"] + arrays["b1"])[:, 0] * 2.0 + 5.0, rtol=1e-6)
