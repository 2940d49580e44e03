"""Tests of the route of spaces, and of constraints over HTTP."""

import httpx
import pytest

from tests.app.api.serving import places, start, sweep_body

FIXED = {"epochs": 3}
SPACE = {
    "batch_size": {"kind": "int", "low": 1, "high": 64, "scale": "log"},
    "hidden_units": {"kind": "choice", "values": [[4], [8, 8]]},
}


def test_a_preview_shows_the_points_of_a_sweep_and_stores_nothing(client: httpx.Client) -> None:
    body = sweep_body(space=SPACE, fixed=FIXED, constraints=["batch_size <= 4 * epochs"])
    found = client.post("/v1/spaces/preview", json=body)
    assert found.status_code == 200, found.text
    shown = found.json()
    assert (shown["sampler"], shown["seed"], shown["points"]) == ("random", 7, 1000)
    assert 0.2 < shown["rejected"] < 0.6
    assert [one["low"] for one in shown["parameters"]["hidden_units"]["bins"]] == [[4], [8, 8]]
    assert shown["largest_network"] == {"hidden_units": [8, 8], "weights": 139, "multiply_adds": 120}
    assert 2 < shown["structures"]["count"] <= 24
    assert client.get("/v1/sweeps").json()["items"] == []


def test_a_preview_is_refused_for_the_faults_of_a_sweep(shared: httpx.Client) -> None:
    body = sweep_body(space={"batch_size": {"kind": "int", "low": 9, "high": 4}}, sampler={"kind": "oracle"})
    answers = [shared.post(route, json=body) for route in ("/v1/spaces/preview", "/v1/sweeps")]
    assert answers[0].status_code == 422
    assert answers[0].json()["errors"] == answers[1].json()["errors"] != []


def test_all_trials_of_a_sweep_meet_its_constraints(client: httpx.Client) -> None:
    sweep = start(client, space=SPACE, fixed=FIXED, constraints=["batch_size <= 4 * epochs"], budget={"trials": 40})
    trials = client.get(f"/v1/sweeps/{sweep['id']}/trials", params={"limit": 40}).json()["items"]
    assert len(trials) == 40
    assert all(trial["params"]["batch_size"] <= 12 for trial in trials)


@pytest.mark.parametrize("text", ["batch_size <= ", "rows < 4", "batch_size > 64"])
def test_a_constraint_that_cannot_be_met_or_read_is_refused_at_its_place(shared: httpx.Client, text: str) -> None:
    answer = shared.post("/v1/sweeps", json=sweep_body(space=SPACE, fixed=FIXED, constraints=[text]))
    assert any(place.startswith("/constraints") for place in places(answer))


def test_a_grid_of_which_the_constraints_admit_nothing_is_refused_by_sweep_and_preview(shared: httpx.Client) -> None:
    space = {name: {"kind": "float", "low": 0.001, "high": 0.9} for name in ("learning_rate", "l2")}
    body = sweep_body(space=space, sampler={"kind": "grid", "resolution": 2}, constraints=["l2 > 0.4", "l2 < 0.6"])
    answers = [shared.post(route, json=body) for route in ("/v1/spaces/preview", "/v1/sweeps")]
    assert [places(answer) for answer in answers] == [["/sampler"], ["/sampler"]]
    assert "admit none of the points" in answers[0].json()["errors"][0]["detail"]
    finer = {**body, "sampler": {"kind": "grid", "resolution": {"l2": 3, "learning_rate": 2}}}
    shown = shared.post("/v1/spaces/preview", json=finer).raise_for_status().json()
    assert (shown["points"], shown["rejected"]) == (2, 0.0)
