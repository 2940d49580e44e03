"""Tests of the route of models."""

import base64
import io
import json

import httpx
import numpy as np

from tests.app.api.serving import Json, Trainer, finished, problem, start

ROW = np.arange(35, dtype="<f4")  # iris, 4 inputs, 4 units, 3 classes: (4 + 1) * 4 + (4 + 1) * 3


def with_weights(lease: Json, value: float, row: bytes = ROW.tobytes()) -> Json:
    return finished(lease, value, weights=base64.b64encode(row).decode())


def test_a_model_has_the_weights_that_were_sent_and_its_card(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client)["id"]
    (lease,) = trainer.leases()
    trainer.finish(with_weights(lease, 0.25))
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


def test_only_the_models_of_the_best_trials_are_kept(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client, keep_models=2)["id"]
    leases = trainer.leases(4)
    answer = trainer.finish(*map(with_weights, leases, [0.75, 0.25, 0.5, 0.25]))
    assert answer["keep_below"] == {sweep: 0.25}
    found = [client.get(f"/v1/sweeps/{sweep}/trials/{number}/model").status_code for number in range(4)]
    assert found == [404, 200, 404, 200]
    missing = problem(client.get(f"/v1/sweeps/{sweep}/trials/0/model"), 404)
    assert "only those of the best 2" in missing["detail"]


def test_weights_that_do_not_fit_the_network_are_a_conflict(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client)["id"]
    (lease,) = trainer.leases()
    trainer.finish(with_weights(lease, 0.25, ROW[:7].tobytes()))
    problem(client.get(f"/v1/sweeps/{sweep}/trials/0/model"), 409)


def test_an_unknown_format_is_refused(client: httpx.Client) -> None:
    problem(client.get("/v1/sweeps/s/trials/0/model", params={"format": "pickle"}), 422)


def test_a_model_outlives_its_data_set(client: httpx.Client, trainer: Trainer) -> None:
    rows = "".join(f"{number},{number % 7},{'ab'[number % 2]}\n" for number in range(60))
    form = {"name": "mine", "target": "y"}
    client.post("/v1/datasets", data=form, files={"file": ("t.csv", f"p,q,y\n{rows}")}).raise_for_status()
    sweep = start(client, dataset="mine", budget={"trials": 1})["id"]
    (lease,) = trainer.leases()
    trainer.finish(with_weights(lease, 0.25, np.zeros(17, "<f4").tobytes()))  # (2 + 1) * 4 + (4 + 1) * 1
    assert client.delete("/v1/datasets/mine").status_code == 204
    assert client.get(f"/v1/sweeps/{sweep}/trials/0/model").status_code == 200
