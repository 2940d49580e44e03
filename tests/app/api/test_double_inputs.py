"""Columns that float32 would merge, over REST: kept, learned from, and refused where inputs are to stay as they are."""

from typing import Any

import httpx
import pytest

from app.models.models import predict_rows, trained_model
from tests.app.api.serving import Trainer, problem, sweep_body
from tests.app.api.training import train_all

TABLE = "near,time,y\n" + "".join(
    f"{index % 7},{1_700_000_000 + 60 * (index * 17 % 40)},{abs(index * 17 % 40 - 20)}\n" for index in range(200)
)
REFUSED = (
    'Inputs cannot stay as they are in these columns: "time"; networks compute in float32, which takes different '
    "values there for one and the same. Set normalize_inputs to true."
)


def upload(client: httpx.Client) -> dict[str, Any]:
    form = {"name": "times", "target": "y", "task": "regression"}
    answer = client.post("/v1/datasets", data=form, files={"file": ("times.csv", TABLE.encode())})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_a_sweep_learns_from_times_and_its_models_tell_them_apart(client: httpx.Client) -> None:
    columns = {column["name"]: column for column in upload(client)["card"]["columns"]}
    assert columns["time"]["double"] is True
    assert "double" not in columns["near"]
    fixed = {"hidden_units": [16], "epochs": 60, "learning_rate": 0.01}
    body = sweep_body(dataset="times", fixed=fixed, space={"l2": {"kind": "choice", "values": [0.0]}})
    sweep = client.post("/v1/sweeps", json={**body, "objective": {"metric": "dev_rmse"}, "budget": {"trials": 1}})
    assert sweep.status_code == 201, sweep.text
    ((run, stopped),) = train_all(client, Trainer(client))
    assert (stopped.result.metrics["dev_rmse"] or 9.9) < 2.0  # guessing is off by 5.8
    assert stopped.weights is not None
    content = client.get("/v1/datasets/times/content").content
    model = trained_model(stopped.weights, run.params, content, {}, {}, run.rules)
    rows = [{"near": 3, "time": 1_700_000_000 + 60 * place} for place in range(40)]
    assert len({found.prediction for found in predict_rows(model, rows).items}) == 40


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"fixed": {"normalize_inputs": False}}, "/fixed/normalize_inputs"),
        (
            {"space": {"normalize_inputs": {"kind": "choice", "values": [True, False]}}},
            "/space/normalize_inputs/values/1",
        ),
    ],
)
def test_a_sweep_that_would_leave_the_inputs_as_they_are_is_refused_by_column(
    client: httpx.Client, change: dict[str, Any], pointer: str
) -> None:
    upload(client)
    body = {**sweep_body(dataset="times", fixed={}, objective={"metric": "dev_rmse"}), **change}
    found = problem(client.post("/v1/sweeps", json=body), 422)
    assert {"pointer": pointer, "detail": REFUSED} in found["errors"]


def test_so_is_a_gradient_check(client: httpx.Client) -> None:
    upload(client)
    body = {"dataset": "times", "fixed": {"hidden_units": [3], "normalize_inputs": False}, "steps": 0}
    found = problem(client.post("/v1/gradient-checks", json=body), 422)
    assert found["errors"] == [{"pointer": "/fixed/normalize_inputs", "detail": REFUSED}]
    sound = client.post("/v1/gradient-checks", json={**body, "fixed": {"hidden_units": [3]}})
    assert sound.json()["verdict"] == "great"
