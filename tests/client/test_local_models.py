"""A model in this process answers as the engine does, whatever the network and the columns."""

import json
from typing import Any

import numpy as np
import pytest

from app.models.models import predict_rows
from engine.models import FORMATS, Ensemble, Predictor
from engine.tensors import Tensors
from logsweep import ModelError, load_model
from tests.engine.models.trained import FAR, TASKS, trained

ROWS: list[dict[str, Any]] = [
    {"far": FAR + 1.0, "gaps": 0.5, "words": "red"},
    {"far": FAR - 4, "gaps": None, "words": "ä,b"},
    {"far": None, "gaps": float("nan"), "words": None},
    {"far": FAR, "gaps": -2.0, "words": "unheard of"},
    {"far": np.float32(FAR), "gaps": np.int64(1), "words": "NA"},
]


def _require_same(model: Predictor, file_format: str) -> None:
    own = [{name: None if value != value else value for name, value in row.items()} for row in ROWS]  # noqa: PLR0124 - NaN
    expected = predict_rows(model, json.loads(json.dumps(own, default=float)))
    found = load_model(FORMATS[file_format](model)).predict(ROWS)
    for one, other in zip(found.items, expected.items, strict=True):
        if other.probabilities is None:
            assert one.prediction == pytest.approx(other.prediction, rel=1e-5)
        else:
            assert one.prediction == other.prediction
            assert one.probabilities == pytest.approx(other.probabilities, abs=1e-5)


@pytest.mark.parametrize("file_format", ["npz", "safetensors"])
@pytest.mark.parametrize("task", TASKS)
def test_every_task_and_format_is_read(task: str, file_format: str) -> None:
    _require_same(trained(task).model, file_format)


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "tanh", "sigmoid"])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_every_network_is_read(activation: str, batch_norm: bool) -> None:
    _require_same(trained("multiclass", (5, 4), activation, batch_norm=batch_norm).model, "npz")


@pytest.mark.parametrize("task", TASKS)
def test_an_ensemble_is_read(task: str) -> None:
    members = [trained(task, hidden).model for hidden in ((), (6,))]
    _require_same(Ensemble.of(members, [1, 3], {}), "npz")


def test_all_faults_of_rows_are_told() -> None:
    model = load_model(FORMATS["npz"](trained("binary").model))
    with pytest.raises(ModelError) as told:
        model.predict([{"far": "much", "words": True}, {"far": float("inf"), "gaps": 1.0, "words": "red"}])
    assert str(told.value).splitlines() == [
        "The rows have 4 faults.",
        "  Row 0, 'far': 'much' is not a number between -3.4e+38 and 3.4e+38. None is a missing cell.",
        "  Row 1, 'far': inf is not a number between -3.4e+38 and 3.4e+38. None is a missing cell.",
        "  Row 0 has no 'gaps': None is a missing cell.",
        "  Row 0, 'words': True is not a text. None is a missing cell.",
    ]


def test_what_is_no_model_is_said() -> None:
    with pytest.raises(ModelError, match="neither NPZ nor safetensors"):
        load_model(b"nothing of the kind")


@pytest.mark.parametrize("file_format", ["npz", "safetensors"])
@pytest.mark.parametrize("part", [0.0, 0.2, 0.9, 0.999])
def test_a_file_that_is_cut_is_no_whole_model(file_format: str, part: float) -> None:
    content = FORMATS[file_format](trained("binary").model)
    with pytest.raises(ModelError):
        load_model(content[: int(part * len(content))])


@pytest.mark.parametrize("card", ["7", "[" * 9_999, "{}"])
def test_a_card_that_is_none_is_told(card: str) -> None:
    with pytest.raises(ModelError):
        load_model(Tensors({"W1": np.zeros(2)}, {"card": card}).to_bytes())


def test_no_rows_and_numbers_beyond_all_doubles_are_faults() -> None:
    model = load_model(FORMATS["npz"](trained("binary").model))
    with pytest.raises(ModelError, match="There are no rows to predict"):
        model.predict([])
    with pytest.raises(ModelError, match="is not a number between"):
        model.predict([{"far": 10**400, "gaps": 1.0, "words": "red"}])
    with pytest.raises(ModelError, match="1e\\+39 is not a number"):
        model.predict([{"far": 1e39, "gaps": 1.0, "words": "red"}])
