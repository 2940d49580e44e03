"""Tests of sweeps whose trials are cross-validated."""

import io

import httpx
import numpy as np
import pytest

from engine.data import load_builtin
from engine.data.cross_validation import fold_of
from tests.app.api.serving import Trainer, finished, places, problem, start, sweep_body
from tests.app.api.training import train_all


def test_a_trial_with_folds_has_a_run_for_each_and_its_value_is_their_mean(
    client: httpx.Client, trainer: Trainer
) -> None:
    sweep = start(client, folds=3, replicates=2, budget={"trials": 1})
    assert (sweep["folds"], sweep["replicates"]) == (3, 2)
    runs = trainer.claim(64)
    assert sorted(run["replicate"] for run in runs) == list(range(6))
    assert {run["folds"] for run in runs} == {3}
    by_fold = {run["replicate"] % 3: run["cohort"] for run in runs}
    assert len(set(by_fold.values())) == 3
    assert all(run["cohort"] == by_fold[run["replicate"] % 3] for run in runs)
    trainer.finish(*(finished(run["lease"], run["replicate"] / 8) for run in runs))
    trial = client.get(f"/v1/sweeps/{sweep['id']}/trials/0").json()
    assert (trial["value"], trial["replicates"]) == (2.5 / 8, 6)


def test_the_model_of_a_trial_with_folds_is_that_of_the_first_with_its_normalisation(
    client: httpx.Client, trainer: Trainer
) -> None:
    sweep = start(client, folds=3, budget={"trials": 1}, fixed={"epochs": 2, "hidden_units": []})["id"]
    train_all(client, trainer)
    card = client.get(f"/v1/sweeps/{sweep}/trials/0/model", params={"format": "json"}).json()
    assert (card["folds"], card["fold"]) == (3, 0)
    model = client.get(f"/v1/sweeps/{sweep}/trials/0/model", params={"format": "npz"}).content
    with np.load(io.BytesIO(model)) as arrays:
        expected = fold_of(load_builtin("iris"), 3, 0).x_train.astype(np.float64).mean(axis=0)
        assert arrays["input_mean"] == pytest.approx(expected)


def upload(client: httpx.Client, name: str, **form: str) -> None:
    rows = "".join(f"{number},{number % 5},{'aab'[number % 3]}\n" for number in range(60))
    file = {"file": ("t.csv", f"p,q,y\n{rows}")}
    client.post("/v1/datasets", data={"name": name, "target": "y", **form}, files=file).raise_for_status()


def test_folds_that_a_data_set_cannot_have_are_refused(client: httpx.Client) -> None:
    upload(client, "in_order", order="p")
    upload(client, "in_groups", group="q")
    for name, folds, said in (("in_order", 3, "in the order of p"), ("in_groups", 6, "groups")):
        answer = client.post("/v1/sweeps", json=sweep_body(dataset=name, folds=folds))
        (fault,) = problem(answer, 422)["errors"]
        assert fault["pointer"] == "/folds"
        assert said in fault["detail"]
    assert start(client, dataset="in_groups", folds=2)["folds"] == 2
    body = {"trainer": "external", "metrics": {"auc": "maximize"}, "space": {}, "budget": {"trials": 1}, "folds": 2}
    assert places(client.post("/v1/sweeps", json=body)) == ["/folds"]
