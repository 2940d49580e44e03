"""Tests of the route of spaces, and of constraints over HTTP."""

import httpx
import pytest

from tests.app.api.serving import Trainer, places, problem, start, sweep_body

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


LAYERS = {
    "hidden_layers": {"kind": "int", "low": 0, "high": 2},
    "units": {"kind": "choice", "values": [4, 6]},
    "units_2": {"kind": "int", "low": 2, "high": 3},
}


def test_layers_by_count_become_widths_and_inactive_layers_are_inactive_parameters(
    client: httpx.Client, trainer: Trainer
) -> None:
    shown = client.post("/v1/spaces/preview", json=sweep_body(space=LAYERS, fixed=FIXED)).raise_for_status().json()
    assert shown["largest_network"]["hidden_units"] == [6, 3]
    assert shown["structures"]["count"] == 7
    assert shown["parameters"]["units_2"]["active"] == pytest.approx(1 / 3, abs=0.05)

    sweep = start(client, space=LAYERS, fixed=FIXED, budget={"trials": 40})
    assert sweep["space"] == LAYERS
    trials = client.get(f"/v1/sweeps/{sweep['id']}/trials", params={"limit": 40}).json()["items"]
    for trial in trials:
        params, widths = trial["params"], trial["all_params"]["hidden_units"]
        assert widths == [params.get("units"), params.get("units_2")][: params["hidden_layers"]]
        assert ("units" in params, "units_2" in params) == (len(widths) > 0, len(widths) > 1)
        assert not LAYERS.keys() & trial["all_params"].keys()
    runs = trainer.claim(40)
    assert [run["params"]["hidden_units"] for run in runs] == [
        trials[run["trial"]]["all_params"]["hidden_units"] for run in runs
    ]


def test_trials_with_layers_by_count_are_listed_by_what_was_searched_or_fixed(client: httpx.Client) -> None:
    space = {name: LAYERS[name] for name in ("hidden_layers", "units_2")}
    sweep = start(client, space=space, fixed={**FIXED, "units": 5}, budget={"trials": 30})
    route = f"/v1/sweeps/{sweep['id']}/trials"

    def listed(where: str) -> int:
        return len(client.get(route, params={"where": where, "limit": 40}).raise_for_status().json()["items"])

    assert listed("param.units=5") == 30
    assert listed("param.hidden_layers<2") == listed("param.units_2=null") > 0
    refused = problem(client.get(route, params={"where": "param.hidden_units=[5]"}), 422)["errors"]
    assert "follows from param.hidden_layers and param.units and param.units_2" in refused[0]["detail"]
    refused = problem(client.get(route, params={"sort": "-param.units_1"}), 422)["errors"]
    way = "Use param.hidden_layers and param.units and param.units_2."
    assert refused[0]["detail"] == f"No trial of this sweep has units_1. {way}"


def test_the_largest_network_by_count_is_refused_where_it_is_said(shared: httpx.Client) -> None:
    wide = {"hidden_layers": {"kind": "int", "low": 1, "high": 16}, "units": {"kind": "int", "low": 8, "high": 4096}}
    answer = problem(shared.post("/v1/sweeps", json=sweep_body(space=wide, fixed={})), 422)
    assert [fault["pointer"] for fault in answer["errors"]] == ["/space/hidden_layers"]
    assert "weights on this data set; at most 50,000,000" in answer["errors"][0]["detail"]
    both = sweep_body(space={**LAYERS, "units_3": LAYERS["units"]}, fixed={"hidden_units": [4]})
    assert places(shared.post("/v1/sweeps", json=both)) == ["/fixed/hidden_units", "/space/units_3"]


@pytest.mark.parametrize("word", ["n_layers", "num_hidden_layers", "hidden_size"])
def test_words_of_other_tools_for_layers_by_count_are_known(shared: httpx.Client, word: str) -> None:
    answer = problem(shared.post("/v1/sweeps", json=sweep_body(fixed={word: 3})), 422)
    meant = "units" if word == "hidden_size" else "hidden_layers"
    assert answer["detail"].endswith(f'Did you mean "{meant}"?')


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
