"""Tests of retraining the winner of a sweep on train and dev."""

import io

import httpx
import numpy as np
import pytest

from engine.data import load_builtin
from tests.app.api.serving import Trainer, problem, start, when_ended
from tests.app.api.training import train_all


def test_the_winner_trains_on_train_and_dev_for_its_best_epochs_and_its_model_can_be_had(
    client: httpx.Client, trainer: Trainer
) -> None:
    sweep = start(client, folds=2)["id"]
    train_all(client, trainer)
    when_ended(client, sweep)
    best = client.get(f"/v1/sweeps/{sweep}/best").json()
    found = client.post(f"/v1/sweeps/{sweep}/retrain").json()
    assert (found["train_on_dev"], found["folds"], found["budget"]["trials"]) == (True, 1, 1)
    assert found["fixed"] == {**best["all_params"], "epochs": best["best_epoch"]}
    assert client.post(f"/v1/sweeps/{sweep}/retrain").json()["id"] == found["id"]
    train_all(client, trainer)
    assert when_ended(client, found["id"])["state"] == "completed"
    trial = client.get(f"/v1/sweeps/{found['id']}/trials/0").json()
    assert trial["epochs"] == best["best_epoch"]
    assert trial["metrics"]["test_error"] is not None
    assert not [name for name in trial["metrics"] if name.startswith("dev_")]
    model = client.get(f"/v1/sweeps/{found['id']}/trials/0/model", params={"format": "npz"}).content
    iris = load_builtin("iris")
    with np.load(io.BytesIO(model)) as arrays:
        both = np.concatenate([iris.x_train, iris.x_dev]).astype(np.float64)
        assert arrays["input_mean"] == pytest.approx(both.mean(axis=0))
    assert "trained on dev" in problem(client.post(f"/v1/sweeps/{found['id']}/retrain"), 409)["detail"]
    for part in ("", "/model"):
        refused = problem(client.get(f"/v1/sweeps/{found['id']}/ensemble{part}"), 409)
        assert "nothing is left to choose an ensemble by" in refused["detail"]


def test_a_sweep_without_a_winner_cannot_be_retrained(client: httpx.Client) -> None:
    sweep = start(client)["id"]
    assert "not known yet" in problem(client.post(f"/v1/sweeps/{sweep}/retrain"), 409)["detail"]
    client.post(f"/v1/sweeps/{sweep}/cancel")
    assert "no winner" in problem(client.post(f"/v1/sweeps/{sweep}/retrain"), 404)["detail"]
    problem(client.post("/v1/sweeps/swp_none/retrain"), 404)
