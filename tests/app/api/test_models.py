"""Tests of the route of models."""

import io
import json
import sys
import tracemalloc
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import numpy as np
import pytest

from engine.models import read_model
from tests.app.api.serving import Json, Trainer, finished, places, problem, start, when_ended
from tests.app.api.training import train_all

ROW = np.arange(35, dtype="<f4")  # iris, 4 inputs, 4 units, 3 classes: (4 + 1) * 4 + (4 + 1) * 3


def with_weights(trainer: Trainer, lease: Json, value: float | None, row: bytes = ROW.tobytes()) -> Json:
    return finished(lease, value, model=trainer.hand_in(row))


def test_a_model_has_the_weights_that_were_sent_and_its_card(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client)["id"]
    (lease,) = trainer.leases()
    trainer.finish(with_weights(trainer, lease, 0.25))
    address = f"/v1/sweeps/{sweep}/trials/0/model"
    answer = client.get(address)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert f"{sweep}-0.npz" in answer.headers["content-disposition"]
    with np.load(io.BytesIO(answer.content), allow_pickle=False) as model:
        assert model["W1"].shape == (4, 4)
        assert model["b2"].shape == (3,)
        assert sorted(np.concatenate([model[name].ravel() for name in ("W1", "b1", "W2", "b2")])) == list(ROW)
        card = json.loads(str(model["card"]))
    assert card == client.get(address, params={"format": "json"}).json()
    assert (card["sweep"], card["trial"], card["seed"], card["dataset"]) == (sweep, 0, 7, "iris")
    assert card["metrics"]["dev_error"] == 0.25
    assert card["hyperparameters"]["hidden_units"] == [4]


IRIS = {"sepal_length_cm": 5.1, "sepal_width_cm": 3.5, "petal_length_cm": 1.4, "petal_width_cm": 0.2}


def kept(client: httpx.Client, trainer: Trainer, row: bytes = ROW.tobytes(), **changes: Any) -> str:
    """Start a sweep whose first trial ends with these weights; return the trial's address."""
    sweep = start(client, budget={"trials": 1}, **changes)["id"]
    (lease,) = trainer.leases()
    trainer.finish(with_weights(trainer, lease, 0.25, row))
    return f"/v1/sweeps/{sweep}/trials/0"


def table_of_60_rows(client: httpx.Client, target: Callable[[int], object]) -> None:
    """Upload `mine` with the columns p, q and the target y: the number of the row, a digit, and what is given."""
    rows = "".join(f"{number},{number % 7},{target(number)}\n" for number in range(60))
    form = {"name": "mine", "target": "y"}
    client.post("/v1/datasets", data=form, files={"file": ("t.csv", f"p,q,y\n{rows}")}).raise_for_status()


@pytest.mark.parametrize("kind", ["npz", "safetensors", "onnx"])
def test_every_format_is_a_file_with_the_same_card(client: httpx.Client, trainer: Trainer, kind: str) -> None:
    if kind == "onnx":
        pytest.importorskip("onnx", reason="the extra onnx is not installed")
    trial = kept(client, trainer)
    answer = client.get(f"{trial}/model", params={"format": kind})
    assert answer.headers["content-disposition"].endswith(f'-0.{kind}"')
    card = client.get(f"{trial}/model", params={"format": "json"}).json()
    if kind == "onnx":
        assert card["dataset_sha256"].encode() in answer.content
    else:
        assert read_model(answer.content).card == card


def test_without_the_package_onnx_is_refused_and_the_extra_named(
    client: httpx.Client, trainer: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = kept(client, trainer)
    monkeypatch.delitem(sys.modules, "engine.models.onnx", raising=False)
    monkeypatch.setitem(sys.modules, "onnx", None)
    refused = problem(client.get(f"{trial}/model", params={"format": "onnx"}), 501)
    assert "pip install '.[onnx]'" in refused["detail"]


def test_rows_are_predicted_as_by_the_file(client: httpx.Client, trainer: Trainer) -> None:
    trial = kept(client, trainer, np.random.default_rng(0).normal(size=35).astype("<f4").tobytes())
    rows = [IRIS, {**IRIS, "petal_width_cm": None}, {**IRIS, "petal_length_cm": 6}]
    answer = client.post(f"{trial}/predict", json={"rows": rows})
    assert answer.status_code == 200
    model = read_model(client.get(f"{trial}/model", params={"format": "safetensors"}).content)
    wanted = model.predict(model.read_rows(rows))
    assert wanted.probabilities is not None
    assert answer.json() == {
        "items": [
            {"prediction": label, "probabilities": dict(zip(wanted.classes, line, strict=True))}
            for label, line in zip(wanted.values, wanted.probabilities.tolist(), strict=True)
        ],
        "notes": [],
    }


def test_values_that_the_model_does_not_read_are_passed_over_and_noted(client: httpx.Client, trainer: Trainer) -> None:
    trial = kept(client, trainer)
    plain = client.post(f"{trial}/predict", json={"rows": [IRIS, IRIS]}).json()
    answer = client.post(f"{trial}/predict", json={"rows": [{**IRIS, "color": "blue"}, {**IRIS, "target": "setosa"}]})
    assert answer.status_code == 200
    assert answer.json()["items"] == plain["items"]
    assert [(note["code"], note["columns"]) for note in answer.json()["notes"]] == [
        ("target_passed_over", ["target"]),
        ("columns_passed_over", ["color"]),
    ]


def test_a_regression_predicts_numbers_and_nothing_else(client: httpx.Client, trainer: Trainer) -> None:
    table_of_60_rows(client, lambda n: 100 + n / 7)
    sweep = start(client, dataset="mine", budget={"trials": 1})["id"]
    (lease,) = trainer.leases()
    trainer.finish({**with_weights(trainer, lease, None, np.zeros(17, "<f4").tobytes()), "metrics": {"dev_rmse": 0.25}})
    answer = client.post(f"/v1/sweeps/{sweep}/trials/0/predict", json={"rows": [{"p": 1, "q": 2.5}]})
    (item,) = answer.json()["items"]
    assert item.keys() == {"prediction"}
    assert 100.0 < item["prediction"] < 109.0  # the mean of the target, for a network of zeros


def test_an_npz_upload_has_columns_by_number_and_classes_by_name(client: httpx.Client, trainer: Trainer) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, x=np.arange(120.0).reshape(60, 2), y=np.arange(60) % 3)
    client.post("/v1/datasets", data={"name": "mine"}, files={"file": ("t.npz", buffer.getvalue())}).raise_for_status()
    trial = kept(client, trainer, np.zeros(27, "<f4").tobytes(), dataset="mine")  # (2 + 1) * 4 + (4 + 1) * 3
    (item,) = client.post(f"{trial}/predict", json={"rows": [{"x_0": 1, "x_1": 2}]}).json()["items"]
    assert item == {"prediction": "0", "probabilities": {name: pytest.approx(1 / 3) for name in "012"}}


def test_all_faults_of_a_request_are_answered_together(client: httpx.Client, trainer: Trainer) -> None:
    trial = kept(client, trainer)
    lacking = {name: value for name, value in IRIS.items() if name != "sepal_width_cm"}
    rows = [lacking, {**IRIS, "petal_width_cm": "wide"}, [], {**IRIS, "color": "blue", "petal_length_cm": False}]
    refused = client.post(f"{trial}/predict", json={"rows": rows, "row": 1})
    assert places(refused) == [
        "/row",
        "/rows/0/sepal_width_cm",
        "/rows/2",
        "/rows/3/petal_length_cm",
        "/rows/1/petal_width_cm",
    ]


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "/rows"),
        ({"rows": []}, "/rows"),
        ({"rows": {}}, "/rows"),
        ({"rows": [{}] * 10_001}, "/rows"),
        ([], ""),
    ],
)
def test_a_body_without_rows_or_with_too_many_is_refused(
    client: httpx.Client, trainer: Trainer, body: Any, place: str
) -> None:
    trial = kept(client, trainer)
    assert places(client.post(f"{trial}/predict", json=body)) == [place]
    assert places(client.post(f"{trial}/evaluate", json=body)) == [place]


def test_ten_thousand_rows_fit_into_a_request_and_eight_mebibytes_are_the_limit(
    client: httpx.Client, trainer: Trainer
) -> None:
    trial = kept(client, trainer)
    padded = json.dumps({"rows": [IRIS] * 10_000}).encode().ljust(2 << 20)
    json_body = {"content-type": "application/json"}
    answer = client.post(f"{trial}/predict", content=padded, headers=json_body)
    assert len(answer.json()["items"]) == 10_000
    problem(client.post(f"{trial}/predict", content=padded.ljust((8 << 20) + 1), headers=json_body), 413)


def test_rows_far_from_all_that_was_learned_are_refused_and_not_answered_with_nan(
    client: httpx.Client, trainer: Trainer
) -> None:
    trial = kept(client, trainer, np.full(35, 1e30, "<f4").tobytes())
    assert places(client.post(f"{trial}/predict", json={"rows": [{**IRIS, "petal_width_cm": 3e38}]})) == ["/rows/0"]


def test_there_is_nothing_to_predict_with_before_a_model_is_kept(client: httpx.Client) -> None:
    sweep = start(client)["id"]
    for number in (0, -1, 2**70):
        problem(client.post(f"/v1/sweeps/{sweep}/trials/{number}/predict", json={"rows": [IRIS]}), 404)


def test_only_the_models_of_the_best_trials_are_kept(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client, keep_models=2, pool=0)["id"]
    leases = trainer.leases(4)
    answer = trainer.finish(*map(partial(with_weights, trainer), leases, [0.75, 0.25, 0.5, 0.25]))
    keep = answer["keep"][sweep]
    assert (keep["models"], keep["last"]["cost"], keep["replicates"]) == (2, 0.25, 1)
    found = [client.get(f"/v1/sweeps/{sweep}/trials/{number}/model").status_code for number in range(4)]
    assert found == [404, 200, 404, 200]
    missing = problem(client.get(f"/v1/sweeps/{sweep}/trials/0/model"), 404)
    assert "only those of the best 2" in missing["detail"]


def test_the_models_of_a_pool_are_kept_beside_those_that_the_sweep_keeps_anyway(
    client: httpx.Client, trainer: Trainer
) -> None:
    sweep = start(client, keep_models=1, pool=3)["id"]
    answer = trainer.finish(*map(partial(with_weights, trainer), trainer.leases(4), [0.75, 0.25, 0.5, 0.25]))
    assert answer["keep"][sweep]["models"] == 3
    found = [client.get(f"/v1/sweeps/{sweep}/trials/{number}/model").status_code for number in range(4)]
    assert found == [404, 200, 200, 200]


def test_weights_that_do_not_fit_the_network_are_a_conflict(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client)["id"]
    (lease,) = trainer.leases()
    trainer.finish(with_weights(trainer, lease, 0.25, ROW[:7].tobytes()))
    problem(client.get(f"/v1/sweeps/{sweep}/trials/0/model"), 409)


def test_an_unknown_format_is_refused(client: httpx.Client) -> None:
    problem(client.get("/v1/sweeps/s/trials/0/model", params={"format": "pickle"}), 422)


def test_a_model_outlives_its_data_set(client: httpx.Client, trainer: Trainer) -> None:
    table_of_60_rows(client, lambda n: "ab"[n % 2])
    sweep = start(client, dataset="mine", budget={"trials": 1})["id"]
    (lease,) = trainer.leases()
    trainer.finish(with_weights(trainer, lease, 0.25, np.zeros(17, "<f4").tobytes()))  # (2 + 1) * 4 + (4 + 1) * 1
    when_ended(client, sweep)
    assert client.delete("/v1/datasets/mine").status_code == 204
    assert client.get(f"/v1/sweeps/{sweep}/trials/0/model").status_code == 200


def test_only_the_first_of_many_predictions_reads_the_data_set(client: httpx.Client, trainer: Trainer) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, x=np.arange(800_000, dtype="<f4").reshape(40_000, 20), y=np.arange(40_000) % 3)
    client.post("/v1/datasets", data={"name": "mine"}, files={"file": ("t.npz", buffer.getvalue())}).raise_for_status()
    trial = kept(client, trainer, np.zeros(99, "<f4").tobytes(), dataset="mine")  # (20 + 1) * 4 + (4 + 1) * 3
    row = {f"x_{column}": 1 for column in range(20)}
    peaks = []
    tracemalloc.start()
    try:
        for _ in range(2):
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            client.post(f"{trial}/predict", json={"rows": [row]}).raise_for_status()
            peaks.append(tracemalloc.get_traced_memory()[1] - before)
    finally:
        tracemalloc.stop()
    assert peaks[0] > 3_200_000 > 4 * peaks[1]  # the inputs alone have 3.2 MB


def labelled_tables() -> dict[str, str]:
    """Three tables with a target of two classes that follows from the columns."""
    rng = np.random.default_rng(3)
    tables = {}
    for field, rows in {"file": 120, "dev_file": 40, "test_file": 53}.items():
        p, q = rng.normal(size=rows), rng.normal(size=rows)
        y = np.where(p + q + rng.normal(0.0, 0.5, rows) > 0, "yes", "no")
        tables[field] = "p,q,y\n" + "".join(f"{a},{b},{c}\n" for a, b, c in zip(p, q, y, strict=True))
    return tables


def trained_trial(client: httpx.Client) -> tuple[str, Json]:
    """Train a sweep of one trial on these tables; return the trial's address and the trial."""
    files = {field: (f"{field}.csv", text) for field, text in labelled_tables().items()}
    client.post("/v1/datasets", data={"name": "mine", "target": "y"}, files=files).raise_for_status()
    sweep = start(client, dataset="mine", budget={"trials": 1})["id"]
    train_all(client, Trainer(client))
    trial = f"/v1/sweeps/{sweep}/trials/0"
    return trial, client.get(trial).json()


def test_a_file_with_the_test_rows_gets_the_test_error_of_the_trial_and_rows_of_json_get_the_same(
    client: httpx.Client,
) -> None:
    trial, found = trained_trial(client)
    text = labelled_tables()["test_file"]
    answer = client.post(f"{trial}/evaluate", files={"file": ("test.csv", text)})
    assert answer.status_code == 200
    scores = answer.json()
    assert (scores["rows"], scores["notes"]) == (53, [])
    assert scores["metrics"]["error"] == found["metrics"]["test_error"] == 1.0 - scores["metrics"]["accuracy"]
    names, *lines = (line.split(",") for line in text.splitlines())
    rows = [{**dict(zip(names, (float(p), float(q), y), strict=True)), "who": "me"} for p, q, y in lines]
    by_rows = client.post(f"{trial}/evaluate", json={"rows": rows}).json()
    assert by_rows["metrics"] == scores["metrics"]
    assert [note["columns"] for note in by_rows["notes"]] == [["who"]]
    dev = client.post(f"{trial}/evaluate", files={"file": ("dev.csv", labelled_tables()["dev_file"])}).json()
    assert dev["metrics"]["loss"] == found["metrics"]["dev_loss"]


def test_all_faults_of_a_file_to_score_on_are_answered_together(client: httpx.Client, trainer: Trainer) -> None:
    trial = kept(client, trainer)
    text = ",".join(IRIS) + "\n1,2,3,much\n"
    refused = client.post(f"{trial}/evaluate", files={"file": ("t.csv", text)}, data={"target": "target"})
    assert places(refused) == ["/target", "/file", "/file"]
    assert places(client.post(f"{trial}/evaluate", files={"rows": ("t.csv", text)})) == ["/rows", "/file"]
    assert places(client.post(f"{trial}/evaluate", json={"rows": [{**IRIS, "target": "rose"}, IRIS], "row": 1})) == [
        "/row",
        "/rows/1/target",
    ]
    problem(client.post(f"{trial}/evaluate", content=text, headers={"content-type": "text/csv"}), 415)
    problem(client.post("/v1/sweeps/none/trials/0/evaluate", files={"file": ("t.csv", text)}), 404)
