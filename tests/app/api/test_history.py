"""Tests of sweeps that learn from earlier ones, over HTTP."""

import httpx
import pytest

from tests.app.api.serving import Json, Trainer, places, problem, start, sweep_body, when_ended

VALUES = (0.5, 0.25, 0.75, None, 0.125)
GP = {"kind": "gp", "batch": 4}


def ended(client: httpx.Client, sweep: str, values: tuple[float | None, ...] = VALUES) -> Json:
    """Train all of a sweep, batch by batch, and return it."""
    while client.get(f"/v1/sweeps/{sweep}").json()["state"] == "running":
        Trainer(client).train_everything(values)
    return when_ended(client, sweep)


def earlier_sweep(client: httpx.Client, **changes: object) -> str:
    """Return the id of a sweep of 12 trials that has ended."""
    sweep: str = start(client, budget={"trials": 12}, **changes)["id"]
    ended(client, sweep)
    return sweep


def params(client: httpx.Client, sweep: str) -> list[Json]:
    return [one["params"] for one in client.get(f"/v1/sweeps/{sweep}/trials").json()["items"]]


@pytest.mark.parametrize("kind", ["gp", "tpe", "evolution"])
def test_the_first_batch_follows_from_the_earlier_sweep_and_the_answer_names_it(
    client: httpx.Client, kind: str
) -> None:
    old = earlier_sweep(client)
    cold = start(client, sampler={"kind": kind})
    warm = start(client, sampler={"kind": kind}, history={"sweeps": [old]})
    again = start(client, sampler={"kind": kind}, history={"sweeps": [old]})
    assert cold["history"] == []
    assert warm["history"] == [{"sweep": old, "trials": 12, "same_data": True}]
    assert params(client, warm["id"]) == params(client, again["id"]) != params(client, cold["id"])


def test_thaw_begins_with_a_batch_that_follows_from_the_earlier_sweep(client: httpx.Client) -> None:
    old, thaw = earlier_sweep(client), {"kind": "thaw", "batch": 4}
    cold = start(client, sampler=GP, scheduler=thaw)["id"]
    warm = start(client, sampler=GP, scheduler=thaw, history={"sweeps": [old]})["id"]
    assert params(client, warm) != params(client, cold)


def test_deletion_of_the_earlier_sweep_changes_nothing(client: httpx.Client) -> None:
    old = earlier_sweep(client)
    asked = {"sampler": GP, "history": {"sweeps": [old]}, "budget": {"trials": 12}}
    whole = start(client, **asked)["id"]
    ended(client, whole)
    other = start(client, **asked)["id"]
    client.delete(f"/v1/sweeps/{old}").raise_for_status()
    assert ended(client, other)["history"] == [{"sweep": old, "trials": 12, "same_data": True}]
    assert params(client, other) == params(client, whole)


def test_trials_outside_of_the_new_space_or_of_fixed_values_elsewhere_are_placed_where_they_were_trained(
    client: httpx.Client,
) -> None:
    old = earlier_sweep(client)
    inside = [one for one in params(client, old) if one["learning_rate"] >= 0.01]
    narrow = {"learning_rate": {"kind": "float", "low": 0.01, "high": 1.0, "scale": "log"}}
    warm = start(client, space=narrow, sampler=GP, history={"sweeps": [old]})
    assert warm["history"] == [{"sweep": old, "trials": len(inside), "same_data": True}]
    epochs = {"epochs": {"kind": "int", "low": 4, "high": 9}}
    answer = client.post("/v1/sweeps", json=sweep_body(space=epochs, fixed={}, sampler=GP, history={"sweeps": [old]}))
    assert places(answer) == ["/history/sweeps/0"]
    assert "no completed trial that lies in this space" in answer.text


def test_whatever_a_sweep_cannot_learn_from_is_refused_at_its_place_all_together(client: httpx.Client) -> None:
    old, loss = earlier_sweep(client), earlier_sweep(client, objective={"metric": "train_loss"})
    foreign = {"trainer": "external", "metrics": {"dev_error": "minimize"}, "space": {}, "budget": {"trials": 1}}
    theirs = client.post("/v1/sweeps", json=foreign).raise_for_status().json()["id"]
    history = {"sweeps": [old, "swp_none", loss, old, theirs]}
    answer = client.post("/v1/sweeps", json=sweep_body(sampler={"kind": "sobol"}, history=history, keep_models=0))
    assert sorted(places(answer)) == [
        "/history",
        *(f"/history/sweeps/{index}" for index in range(1, 5)),
        "/keep_models",
    ]
    detail = [error["detail"] for error in problem(answer, 422)["errors"]]
    for part in ("learns from no sweep", "no sweep", "ranked by train_loss", "named twice", "trained by external"):
        assert any(part in one for one in detail)


@pytest.mark.parametrize("sweeps", [[], ["swp_1"] * 11, "swp_1", None])
def test_a_history_names_from_one_to_ten_sweeps(shared: httpx.Client, sweeps: object) -> None:
    answer = shared.post("/v1/sweeps", json=sweep_body(sampler=GP, history={"sweeps": sweeps}))
    assert places(answer) == ["/history/sweeps"]
    assert places(shared.post("/v1/sweeps", json=sweep_body(sampler=GP, history={}))) == ["/history/sweeps"]


def test_trials_of_a_foreign_trainer_are_learnt_from_where_all_parameters_are_known(client: httpx.Client) -> None:
    body = {
        "trainer": "external",
        "metrics": {"dev_error": "minimize"},
        "space": {"depth": {"kind": "int", "low": 1, "high": 9}},
        "seed": 7,
        "sampler": {"kind": "random"},
        "budget": {"trials": 3},
    }
    old = client.post("/v1/sweeps", json=body).raise_for_status().json()["id"]
    wide = {**body["space"], "width": {"kind": "int", "low": 1, "high": 9}}  # type: ignore[dict-item] # a JSON body
    answer = client.post("/v1/sweeps", json={**body, "space": wide, "sampler": GP, "history": {"sweeps": [old]}})
    assert places(answer) == ["/history/sweeps/0"]
    assert "knows no width" in answer.text
