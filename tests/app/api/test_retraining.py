"""Tests of retraining the winner of a sweep on train and dev."""

import io
import math

import httpx
import numpy as np
import pytest

from engine.data import load_builtin
from tests.app.api.serving import Trainer, curve_point, finished, problem, start, when_ended
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
    both = [curve_best(client, sweep, best["number"], replicate) for replicate in (0, 1)]
    epochs = math.ceil(sum(both) / 2)
    assert found["fixed"] == {**best["all_params"], "epochs": epochs}
    assert f"for {epochs} epochs, the median of those of the best of its 2 trainings" in found["notes"]
    assert client.post(f"/v1/sweeps/{sweep}/retrain").json()["id"] == found["id"]
    train_all(client, trainer)
    assert when_ended(client, found["id"])["state"] == "completed"
    trial = client.get(f"/v1/sweeps/{found['id']}/trials/0").json()
    assert trial["epochs"] == epochs
    assert trial["metrics"]["test_error"] is not None
    assert not [name for name in trial["metrics"] if name.startswith("dev_")]
    model = client.get(f"/v1/sweeps/{found['id']}/trials/0/model", params={"format": "npz"}).content
    iris = load_builtin("iris")
    with np.load(io.BytesIO(model)) as arrays:
        rows = np.concatenate([iris.x_train, iris.x_dev]).astype(np.float64)
        assert arrays["input_mean"] == pytest.approx(rows.mean(axis=0))
    assert "trained on dev" in problem(client.post(f"/v1/sweeps/{found['id']}/retrain"), 409)["detail"]


def test_of_what_was_trained_on_dev_only_the_figures_on_test_are_shown(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client)["id"]
    train_all(client, trainer)
    when_ended(client, sweep)
    found = client.post(f"/v1/sweeps/{sweep}/retrain").json()
    train_all(client, trainer)
    when_ended(client, found["id"])
    trial = client.get(f"/v1/sweeps/{found['id']}/trials/0").json()
    for part in ("", "/model"):
        refused = problem(client.get(f"/v1/sweeps/{found['id']}/ensemble{part}"), 409)
        assert "nothing is left to choose an ensemble by" in refused["detail"]
    (told,) = client.get(f"/v1/sweeps/{found['id']}/analysis").json()["next"]
    assert f"only test tells what it is worth: its test_error is {trial['metrics']['test_error']:.4g}" in told
    board = client.get(f"/v1/sweeps/{found['id']}/leaderboard").json()
    assert (board["metric"], board["test_metric"]) == ("train_loss", "test_error")
    assert [one["test"] for one in board["items"]] == [trial["metrics"]["test_error"]]
    assert "only `test`" in board["note"]
    assert client.get(f"/v1/sweeps/{sweep}/leaderboard").json()["retrained"] == found["id"]


def curve_best(client: httpx.Client, sweep: str, number: int, replicate: int) -> int:
    """Return the first epoch with the least dev_error of a training."""
    curve = client.get(f"/v1/sweeps/{sweep}/trials/{number}/curve", params={"replicate": replicate}).json()["items"]
    return int(min(curve, key=lambda point: (point["dev_error"], point["epoch"]))["epoch"])


def test_a_winner_with_several_trainings_trains_for_the_median_of_their_best_epochs(
    client: httpx.Client, trainer: Trainer
) -> None:
    sweep = start(client, replicates=3, budget={"trials": 1}, fixed={"epochs": 9})["id"]
    for run in trainer.claim(64):
        best = {0: 9, 1: 2, 2: 3}[run["replicate"]]
        trainer.finish(
            finished(run["lease"], 0.5, best_epoch=best, epochs=9, curve=[curve_point(e) for e in range(1, 10)])
        )
    when_ended(client, sweep)
    found = client.post(f"/v1/sweeps/{sweep}/retrain").json()
    assert found["fixed"]["epochs"] == 3
    assert "the median of those of the best of its 3 trainings (2, 3, 9)" in found["notes"]


def test_a_sweep_without_a_winner_cannot_be_retrained(client: httpx.Client) -> None:
    sweep = start(client)["id"]
    assert "not known yet" in problem(client.post(f"/v1/sweeps/{sweep}/retrain"), 409)["detail"]
    client.post(f"/v1/sweeps/{sweep}/cancel")
    assert "no winner" in problem(client.post(f"/v1/sweeps/{sweep}/retrain"), 404)["detail"]
    problem(client.post("/v1/sweeps/swp_none/retrain"), 404)
