"""Tests of duplicates over HTTP: what becomes of trials with one point."""

from typing import Any

import httpx

from tests.app.api.serving import Trainer, places, problem, start, sweep_body, when_ended

SPACE: dict[str, dict[str, Any]] = {
    "batch_size": {"kind": "choice", "values": [8, 16]},
    "hidden_units": {"kind": "choice", "values": [[4], [8, 8]]},
}


def trials(client: httpx.Client, sweep: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = client.get(f"/v1/sweeps/{sweep}/trials", params={"limit": 100}).json()["items"]
    return items


def test_a_reused_result_says_whose_it_is_and_was_not_trained(client: httpx.Client) -> None:
    sweep = start(client, space=SPACE, fixed={"epochs": 3}, duplicates="reuse", budget={"trials": 12})
    assert sweep["duplicates"] == "reuse"
    Trainer(client).train_everything((0.5, 0.25, 0.75))
    found = trials(client, sweep["id"])
    first = {str(one["params"]): one for one in reversed(found)}
    assert len(found) == 12
    assert 1 < len(first) <= 4
    for one in found:
        own = first[str(one["params"])]
        assert one["same_as"] == (None if one is own else own["number"])
        assert [one[name] for name in ("state", "value", "metrics", "best_epoch", "epochs")] == [
            own[name] for name in ("state", "value", "metrics", "best_epoch", "epochs")
        ]
    ended = when_ended(client, sweep["id"])
    assert (ended["state"], ended["used"]["trials"], ended["used"]["epochs"]) == ("completed", 12, 3 * len(first))
    twin = next(one for one in found if one["same_as"] is not None)
    assert twin["reason"] == f"has the point of trial {twin['same_as']}, and its result"
    refused = problem(client.get(f"/v1/sweeps/{sweep['id']}/trials/{twin['number']}/model"), 404)
    assert f"the result of trial {twin['same_as']}" in refused["detail"]
    board = client.get(f"/v1/sweeps/{sweep['id']}/leaderboard").raise_for_status().json()
    assert {one["trial"] for one in board["items"]} <= {one["number"] for one in first.values()}


def test_skipped_duplicates_end_the_sweep_once_its_space_is_exhausted(client: httpx.Client) -> None:
    sweep = start(client, space=SPACE, fixed={"epochs": 3}, duplicates="skip", budget={"trials": 12})
    Trainer(client).train_everything()
    assert len({str(one["params"]) for one in trials(client, sweep["id"])}) == 4
    ended = when_ended(client, sweep["id"])
    assert (ended["state"], ended["used"]["trials"]) == ("completed", 4)
    assert ended["reason"] == "the space is exhausted: all its 4 points were drawn, and duplicates are skipped"


def test_an_enqueued_point_is_never_skipped_but_its_result_may_be_reused(client: httpx.Client) -> None:
    point = {"batch_size": 8, "hidden_units": [4]}
    for kind, same in (("skip", None), ("reuse", 0)):
        space = {name: {**parameter, "values": parameter["values"][:1]} for name, parameter in SPACE.items()}
        sweep = start(client, space=space, fixed={"epochs": 3}, duplicates=kind, budget={"trials": 1})["id"]
        client.post(f"/v1/sweeps/{sweep}/trials", json={"points": [point]}).raise_for_status()
        Trainer(client).train_everything()
        assert [one["same_as"] for one in trials(client, sweep)] == [None, same]


def test_a_sweep_that_says_nothing_trains_duplicates_with_another_seed(client: httpx.Client) -> None:
    sweep = start(client, space=SPACE, fixed={"epochs": 3}, budget={"trials": 12})
    assert sweep["duplicates"] == "seed"
    assert all(one["same_as"] is None for one in trials(client, sweep["id"]))


def test_another_word_is_refused_with_all_other_faults(shared: httpx.Client) -> None:
    answer = shared.post("/v1/sweeps", json=sweep_body(duplicates="again", keep_models=0))
    assert sorted(places(answer)) == ["/duplicates", "/keep_models"]


def test_the_space_of_a_sweep_whose_trials_depend_on_points_below_them_stays(client: httpx.Client) -> None:
    sweep = start(client, space=SPACE, fixed={"epochs": 3}, duplicates="skip", budget={"trials": 2})["id"]
    answer = client.patch(f"/v1/sweeps/{sweep}", json={"space": {"batch_size": SPACE["batch_size"]}})
    assert "/space" in places(answer)
