"""Tests of ONNX: another runtime gives the answers of the engine, from the raw inputs on."""

import json
import sys
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from engine.layers import ACTIVATIONS
from engine.losses import LOSSES
from engine.models import FORMATS, Ensemble, MissingExtra, Predictor
from tests.engine.models.trained import TASKS, Trained, raw_inputs, trained

onnx: Any = pytest.importorskip("onnx", reason="the extra onnx is not installed")
runtime: Any = pytest.importorskip("onnxruntime", reason="onnxruntime, which the checks compare with, is not installed")


def answers(one: Trained, model: Predictor | None = None) -> dict[str, Any]:
    """What onnxruntime says of the rows by the model, or by another one, by the name of the output."""
    session = runtime.InferenceSession(FORMATS["onnx"](model or one.model), providers=["CPUExecutionProvider"])
    inputs = raw_inputs(model or one.model, one.rows)
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {"inputs": inputs}), strict=True))


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("hidden", [(), (6,), (20, 5)])
@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("normalize", [True, False])
def test_onnxruntime_gives_the_answers_of_the_engine(
    task: str, activation: str, hidden: tuple[int, ...], batch_norm: bool, normalize: bool
) -> None:
    one = trained(task, hidden, activation, batch_norm=batch_norm, normalize=normalize)
    found, wanted = answers(one), one.model.predict(one.rows)
    if task == "regression":
        assert found.keys() == {"prediction"}
        np.testing.assert_allclose(found["prediction"], wanted.values, rtol=1e-5)
    else:
        assert found.keys() == {"label", "probabilities"}
        assert wanted.probabilities is not None
        np.testing.assert_allclose(found["probabilities"], wanted.probabilities, rtol=0, atol=1e-5)
        assert [wanted.classes[label] for label in found["label"]] == list(wanted.values)


@pytest.mark.parametrize("task", TASKS)
def test_onnxruntime_gives_the_answers_of_an_ensemble(task: str) -> None:
    whole = [trained(task, (6,)), trained(task, ()), trained(task, (5, 4), "relu", batch_norm=True)]
    ensemble = Ensemble.of([one.model for one in whole], [3, 1, 2], {})
    found, wanted = answers(whole[0], ensemble), ensemble.predict(whole[0].rows)
    if task == "regression":
        np.testing.assert_allclose(found["prediction"], wanted.values, rtol=1e-5)
    else:
        assert wanted.probabilities is not None
        np.testing.assert_allclose(found["probabilities"], wanted.probabilities, rtol=0, atol=1e-5)
        assert [wanted.classes[label] for label in found["label"]] == list(wanted.values)


def test_every_activation_and_every_loss_has_its_operations() -> None:
    operations = import_module("engine.models.onnx")  # not there without the extra
    assert operations.ACTIVATIONS.keys() == ACTIVATIONS.keys()
    assert operations.HEADS.keys() == operations.SHARES.keys() == LOSSES.keys()


@pytest.mark.parametrize("task", TASKS)
def test_the_file_has_no_array_that_nothing_reads(task: str) -> None:
    graph = onnx.load_model_from_string(FORMATS["onnx"](trained(task, batch_norm=True).model)).graph
    read = {name for node in graph.node for name in node.input}
    assert {array.name for array in graph.initializer} == read - {"inputs"} - {o for n in graph.node for o in n.output}


def test_the_file_passes_the_checker_and_carries_card_and_labels() -> None:
    one = trained("multiclass", batch_norm=True)
    proto = onnx.load_model_from_string(FORMATS["onnx"](one.model))
    onnx.checker.check_model(proto, full_check=True)
    about = {entry.key: json.loads(entry.value) for entry in proto.metadata_props}
    assert about == {"card": one.model.card, "labels": ["no", "perhaps", "yes"]}
    assert FORMATS["onnx"](one.model) == FORMATS["onnx"](one.model)


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "engine.models.onnx", raising=False)
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(MissingExtra, match=r"pip install '\.\[onnx\]'"):
        FORMATS["onnx"](trained("binary").model)
