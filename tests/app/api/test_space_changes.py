"""Tests of a changed space over HTTP."""

import httpx

from tests.app.api.serving import Json, Trainer, places, problem, start, when_ended

WIDE = {"learning_rate": {"kind": "float", "low": 1e-4, "high": 1.0, "scale": "log"}}
NARROW = {"learning_rate": {"kind": "float", "low": 0.01, "high": 0.1, "scale": "log"}}


def patch(client: httpx.Client, sweep: str, **changes: object) -> httpx.Response:
    return client.patch(f"/v1/sweeps/{sweep}", json=changes)


def trials(client: httpx.Client, sweep: str, **query: str) -> list[Json]:
    items: list[Json] = client.get(f"/v1/sweeps/{sweep}/trials", params=query).json()["items"]
    return items


def test_trials_that_nobody_has_begun_are_drawn_anew(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client, budget={"trials": 6})["id"]
    trainer.release(trainer.leases(1))
    begun = trainer.leases(2)
    before = trials(client, sweep)
    changed = patch(client, sweep, space=NARROW).json()
    after = trials(client, sweep)
    assert [one["space_version"] for one in after] == [1, 1, 2, 2, 2, 2]
    assert [one["params"] for one in after[:2]] == [one["params"] for one in before[:2]]
    assert all(0.01 <= one["params"]["learning_rate"] <= 0.1 for one in after[2:])
    assert {one["state"] for one in after[2:]} == {"queued"}
    assert changed["space"] == NARROW
    assert [(one["version"], one["space"]) for one in changed["space_versions"]] == [(1, WIDE), (2, NARROW)]
    first, second = (one["created_at"] for one in changed["space_versions"])
    assert first == changed["created_at"] < second
    decisions = client.get(f"/v1/sweeps/{sweep}/decisions").json()["items"]
    assert [(one["kind"], one["trials"]) for one in decisions] == [("patch", [2, 3, 4, 5]), ("redraw", [2, 3, 4, 5])]
    trainer.release(begun)
    trainer.train_everything()
    assert when_ended(client, sweep)["counts"]["completed"] == 6


def test_lists_filter_by_the_new_values_and_by_parameters_that_came_and_went(
    client: httpx.Client, trainer: Trainer
) -> None:
    sweep = start(client, budget={"trials": 4})["id"]
    trainer.leases(1)
    assert len(trials(client, sweep, where="param.learning_rate>0")) == 4
    l2 = {"l2": {"kind": "float", "low": 0.001, "high": 0.01, "scale": "log"}}
    patch(client, sweep, space=l2)
    assert [one["number"] for one in trials(client, sweep, where="param.l2>0")] == [1, 2, 3]
    assert [one["number"] for one in trials(client, sweep, where="param.learning_rate>0")] == [0]


def test_lists_know_widths_and_layers_by_count_where_the_space_had_both(client: httpx.Client, trainer: Trainer) -> None:
    lists = {"hidden_units": {"kind": "choice", "values": [[4], [8]]}}
    layers = {"hidden_layers": {"kind": "int", "low": 1, "high": 2}, "units": {"kind": "int", "low": 4, "high": 8}}
    sweep = start(client, space=lists, fixed={"epochs": 3}, budget={"trials": 5})["id"]
    trainer.leases(2)
    patch(client, sweep, space=layers)
    widths = [one["params"]["hidden_units"] for one in trials(client, sweep)[:2]]
    assert [one["params"].get("hidden_units") for one in trials(client, sweep, sort="param.hidden_units")] == [
        *sorted(widths),
        None,
        None,
        None,
    ]
    assert [one["number"] for one in trials(client, sweep, where="param.units>=4")] == [2, 3, 4]
    assert [one["number"] for one in trials(client, sweep, where="param.hidden_units=null")] == [2, 3, 4]


def test_lists_of_a_foreign_trainer_know_parameters_that_came_and_went(client: httpx.Client) -> None:
    depth, rate = {"depth": {"kind": "int", "low": 1, "high": 9}}, {"rate": {"kind": "int", "low": 1, "high": 9}}
    body = {"trainer": "external", "metrics": {"auc": "maximize"}, "space": depth, "budget": {"trials": 2}}
    sweep = client.post("/v1/sweeps", json=body).json()["id"]
    patch(client, sweep, space=rate)
    assert len(trials(client, sweep, where="param.rate>0")) == 2
    assert trials(client, sweep, where="param.depth>0") == []


def test_constraints_alone_are_a_new_version_and_the_same_space_is_none(client: httpx.Client) -> None:
    sweep = start(client, budget={"trials": 4})["id"]
    assert len(patch(client, sweep, space=WIDE).json()["space_versions"]) == 1
    changed = patch(client, sweep, constraints=["learning_rate <= 0.1"]).json()
    assert (changed["space"], changed["constraints"]) == (WIDE, ["learning_rate <= 0.1"])
    assert [one["constraints"] for one in changed["space_versions"]] == [[], ["learning_rate <= 0.1"]]
    assert all(one["params"]["learning_rate"] <= 0.1 for one in trials(client, sweep))


def test_wider_networks_lower_the_pool_which_is_said(client: httpx.Client) -> None:
    def widths(*widths: int) -> Json:
        return {"hidden_units": {"kind": "choice", "values": [[width, width] for width in widths]}}

    sweep = start(client, space=widths(4), fixed={"epochs": 3})
    wide = patch(client, sweep["id"], space=widths(4, 4096)).json()
    assert (sweep["pool"], wide["pool"]) == (50, 3)
    (told, _) = client.get(f"/v1/sweeps/{sweep['id']}/decisions").json()["items"]
    assert told["reason"].endswith("; the pool of 50 models has room for 3 of the largest network")
    assert patch(client, sweep["id"], space=widths(4)).json()["pool"] == 3


def test_all_faults_are_told_together_and_nothing_changes(client: httpx.Client) -> None:
    sweep = start(client, scheduler={"kind": "successive_halving"}, fixed={"epochs": 3, "l2": 0.1})["id"]
    space = {
        "learning_rat": WIDE["learning_rate"],
        "l2": {"kind": "float", "low": 0.1, "high": 0.2},
        "epochs": {"kind": "int", "low": 1, "high": 4},
    }
    answer = patch(client, sweep, name="another", space=space, constraints=["units < 3"], budget={"trials": 0})
    found = places(answer)
    for place in ("/budget/trials", "/space/learning_rat", "/fixed/l2", "/space/epochs", "/constraints/0"):
        assert place in found
    assert client.get(f"/v1/sweeps/{sweep}").json()["name"] != "another"
    assert places(patch(client, sweep, space=None)) == ["/space"]


def test_a_paused_sweep_draws_anew_once_it_is_resumed(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client, budget={"trials": 3})["id"]
    client.post(f"/v1/sweeps/{sweep}/pause")
    patch(client, sweep, space=NARROW)
    client.post(f"/v1/sweeps/{sweep}/resume")
    assert [one["space_version"] for one in trials(client, sweep)] == [2, 2, 2]
    trainer.train_everything()
    assert when_ended(client, sweep)["counts"]["completed"] == 3


def test_an_ended_sweep_takes_a_new_space_only_with_more_budget(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client, budget={"trials": 2})["id"]
    trainer.train_everything()
    when_ended(client, sweep)
    assert "its space cannot be changed" in problem(patch(client, sweep, space=NARROW), 409)["detail"]
    assert patch(client, sweep, space=NARROW, budget={"trials": 4}).json()["state"] == "running"
    assert [one["space_version"] for one in trials(client, sweep)] == [1, 1, 2, 2]
    client.post(f"/v1/sweeps/{sweep}/cancel")
    assert problem(patch(client, sweep, space=WIDE), 409)


def test_what_found_no_point_in_the_new_space_stays_cancelled_when_the_sweep_goes_on(
    client: httpx.Client, trainer: Trainer
) -> None:
    def of(*values: str) -> Json:
        return {"activation": {"kind": "choice", "values": list(values)}}

    grid = {"sampler": {"kind": "grid"}, "space": of("relu", "tanh", "sigmoid", "leaky_relu")}
    sweep = start(client, **grid, budget={"trials": 9, "epochs": 100})["id"]
    patch(client, sweep, space=of("tanh", "relu")).raise_for_status()
    trainer.train_everything()
    assert when_ended(client, sweep)["used"]["epochs"] == 6
    patch(client, sweep, budget={"trials": 12}).raise_for_status()
    assert trainer.leases(1) == []
    found = [one for one in trials(client, sweep) if one["state"] == "cancelled"]
    assert [one["number"] for one in found] == [2, 3]
    why = "the space has no point left for it: others were drawn anew from version 2 of the space"
    assert {one["reason"] for one in found} == {why}


def test_a_cancelled_sweep_leaves_nothing_of_what_was_to_be_drawn_anew(client: httpx.Client) -> None:
    sweep = start(client, budget={"trials": 3})["id"]
    client.post(f"/v1/sweeps/{sweep}/pause")
    patch(client, sweep, space=NARROW)
    assert client.post(f"/v1/sweeps/{sweep}/cancel").json()["counts"]["cancelled"] == 3
