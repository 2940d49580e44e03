"""Tests of changing a sweep, of what a sweep can be given beside its space, and of lists of sweeps that fit."""

from typing import Any

import httpx
import pytest

from tests.app.api.serving import Json, Trainer, finished, places, problem, start, sweep_body, when_ended


def patch(client: httpx.Client, sweep: str, **changes: Any) -> Json:
    answer = client.patch(f"/v1/sweeps/{sweep}", json=changes)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def test_a_sweep_has_labels_a_whole_budget_and_replicates(client: httpx.Client) -> None:
    budget = {"trials": 4, "seconds": 60.0, "epochs": 100, "target": 0.01}
    sweep = start(client, name="one", tags=["digits", "night"], notes="A first look.", replicates=2, budget=budget)
    assert (sweep["name"], sweep["tags"], sweep["notes"]) == ("one", ["digits", "night"], "A first look.")
    assert (sweep["budget"], sweep["replicates"], sweep["trainer"]) == (budget, 2, "logsweep")
    assert sweep["used"] == {"trials": 4, "epochs": 4 * 3 * 2, "seconds": 0.0}
    assert sweep["ending"] is None
    assert client.get(f"/v1/sweeps/{sweep['id']}/trials/0").json()["replicates"] == 2


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ({"tags": ["a", "a"]}, ["/tags"]),
        ({"tags": [""]}, ["/tags/0"]),
        ({"tags": ["x" * 65]}, ["/tags/0"]),
        ({"tags": [str(n) for n in range(33)]}, ["/tags"]),
        ({"tags": "night"}, ["/tags"]),
        ({"notes": "x" * 20_001}, ["/notes"]),
        ({"replicates": 0}, ["/replicates"]),
        ({"replicates": 17}, ["/replicates"]),
        ({"budget": {"trials": 1, "epochs": 0}}, ["/budget/epochs"]),
        ({"budget": {"trials": 1, "epochs": 1.5}}, ["/budget/epochs"]),
        ({"budget": {"trials": 1, "target": "low"}}, ["/budget/target"]),
        ({"scheduler": {"kind": "successive_halving", "eta": 1}}, ["/scheduler/eta"]),
        ({"scheduler": {"kind": "successive_halving", "first_rung": 0}}, ["/scheduler/first_rung"]),
        ({"scheduler": {"kind": "successive_halving", "rungs": 3}}, ["/scheduler/rungs"]),
    ],
)
def test_what_a_sweep_cannot_have_is_refused_at_its_place(
    shared: httpx.Client, changes: Json, pointers: list[str]
) -> None:
    assert places(shared.post("/v1/sweeps", json=sweep_body(**changes))) == pointers


def test_a_text_that_is_too_long_or_empty_is_told_with_its_length_and_the_rule(shared: httpx.Client) -> None:
    refused = problem(shared.post("/v1/sweeps", json=sweep_body(notes="x" * 20_001, tags=[""])), 422)
    assert [error["detail"] for error in refused["errors"]] == [
        "The text is empty: send at least 1.",
        "The text has 20,001 characters: send at most 20,000.",
    ]


def test_a_change_of_labels_leaves_all_else_as_it_was(client: httpx.Client) -> None:
    sweep = start(client, tags=["a"])
    assert patch(client, sweep["id"], notes="seen") == sweep | {"notes": "seen"}
    assert patch(client, sweep["id"], name="two", tags=[]) == sweep | {"notes": "seen", "name": "two", "tags": []}
    assert patch(client, sweep["id"])["name"] == "two"


def test_an_ended_sweep_may_get_other_labels(client: httpx.Client) -> None:
    sweep = start(client)["id"]
    client.post(f"/v1/sweeps/{sweep}/cancel")
    assert patch(client, sweep, name="over")["name"] == "over"


def test_a_part_of_the_budget_changes_alone_and_null_takes_a_limit_away(client: httpx.Client) -> None:
    sweep = start(client, budget={"trials": 4, "seconds": 60.0})["id"]
    assert patch(client, sweep, budget={"target": 0.25})["budget"] == {
        "trials": 4,
        "seconds": 60.0,
        "epochs": None,
        "target": 0.25,
    }
    found = patch(client, sweep, budget={"seconds": None, "trials": 6})
    assert found["budget"] == {"trials": 6, "seconds": None, "epochs": None, "target": 0.25}
    assert found["used"]["trials"] == 6


def test_more_budget_lets_a_completed_sweep_go_on(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client, budget={"trials": 2})["id"]
    trainer.train_everything()
    when_ended(client, sweep)
    found = patch(client, sweep, budget={"trials": 5})
    assert (found["state"], found["finished_at"], found["reason"]) == ("running", None, None)
    assert (found["counts"]["queued"], found["counts"]["completed"]) == (3, 2)
    trainer.train_everything()
    assert when_ended(client, sweep)["counts"]["completed"] == 5
    whole = start(client, budget={"trials": 5})["id"]
    points = [
        [trial["params"] for trial in client.get(f"/v1/sweeps/{one}/trials").json()["items"]] for one in (sweep, whole)
    ]
    assert points[0] == points[1]


def test_more_of_what_nothing_can_be_done_with_leaves_a_sweep_completed(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client, budget={"trials": 2, "seconds": 60.0})["id"]
    trainer.train_everything()
    when_ended(client, sweep)
    assert patch(client, sweep, budget={"seconds": 120.0})["state"] == "completed"


def test_a_cancelled_sweep_gets_no_more_budget(client: httpx.Client) -> None:
    sweep = start(client)["id"]
    client.post(f"/v1/sweeps/{sweep}/cancel")
    problem(client.patch(f"/v1/sweeps/{sweep}", json={"budget": {"trials": 9}}), 409)


def test_a_budget_below_what_is_used_is_refused(client: httpx.Client) -> None:
    sweep = start(client)["id"]
    problem(client.patch(f"/v1/sweeps/{sweep}", json={"budget": {"trials": 3}}), 409)
    assert client.get(f"/v1/sweeps/{sweep}").json()["budget"]["trials"] == 4


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ([], [""]),
        ({"seed": 3}, ["/seed"]),
        ({"name": None}, ["/name"]),
        ({"name": ""}, ["/name"]),
        ({"tags": None, "notes": 7}, ["/tags", "/notes"]),
        ({"budget": None}, ["/budget"]),
        ({"budget": {"trials": None}}, ["/budget/trials"]),
        ({"budget": {"trials": 0, "seconds": -1, "epoch": 3}}, ["/budget/epoch", "/budget/trials", "/budget/seconds"]),
        ({"nmae": "x", "budget": {"target": "x"}}, ["/nmae", "/budget/target"]),
    ],
)
def test_a_change_that_breaks_rules_is_refused_with_all_of_them(
    client: httpx.Client, changes: Any, pointers: list[str]
) -> None:
    sweep = start(client)
    assert places(client.patch(f"/v1/sweeps/{sweep['id']}", json=changes)) == pointers
    assert client.get(f"/v1/sweeps/{sweep['id']}").json() == sweep


def test_a_change_of_a_sweep_that_does_not_exist_is_not_found(shared: httpx.Client) -> None:
    problem(shared.patch("/v1/sweeps/swp_1", json={"name": "x"}), 404)


def names(client: httpx.Client, **query: Any) -> list[str]:
    answer = client.get("/v1/sweeps", params=query)
    assert answer.status_code == 200, answer.text
    return sorted(sweep["name"] for sweep in answer.json()["items"])


def test_sweeps_are_listed_by_name_state_tag_and_data_set(client: httpx.Client) -> None:
    start(client, name="wide nets", tags=["a", "night"])
    start(client, name="wide_nets 100%", tags=["night"], dataset="digits")
    done = start(client, name="deep nets", tags=["nightly"])["id"]
    client.post(f"/v1/sweeps/{done}/cancel")
    assert names(client, name="wide") == ["wide nets", "wide_nets 100%"]
    assert names(client, name="%") == names(client, name="_") == ["wide_nets 100%"]
    assert names(client, tag="night") == ["wide nets", "wide_nets 100%"]
    assert names(client, state="cancelled") == ["deep nets"]
    assert names(client, dataset="digits") == ["wide_nets 100%"]
    assert names(client, tag="night", dataset="iris", state="running", name="net") == ["wide nets"]
    assert names(client, tag="x") == []


def test_a_page_of_some_sweeps_goes_on_with_the_same_filter_alone(client: httpx.Client) -> None:
    for number in range(3):
        start(client, name=f"n{number}", tags=["a"])
    start(client, name="other")
    first = client.get("/v1/sweeps", params={"tag": "a", "limit": 2}).json()
    second = client.get("/v1/sweeps", params={"tag": "a", "limit": 2, "cursor": first["next"]}).json()
    assert [sweep["name"] for sweep in first["items"] + second["items"]] == ["n2", "n1", "n0"]
    assert second["next"] is None
    problem(client.get("/v1/sweeps", params={"tag": "b", "cursor": first["next"]}), 400)


def test_a_state_that_is_none_is_refused(shared: httpx.Client) -> None:
    assert places(shared.get("/v1/sweeps", params={"state": "done"})) == ["/state"]


def test_attempts_tell_who_trained_a_trial_and_how_it_ended(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client, budget={"trials": 1})["id"]
    (lease,) = trainer.leases()
    trainer.report(lease, 1)
    trainer.release([lease])
    (lease,) = Trainer(client, "other").leases()
    address = f"/v1/sweeps/{sweep}/trials/0/attempts"
    first, second = client.get(address).json()["items"]
    assert (first["worker"], first["number"], first["ending"], first["epochs"]) == ("trainer", 1, "released", 1)
    assert first["started_at"] <= first["ended_at"]
    assert (second["worker"], second["number"], second["ended_at"]) == ("other", 2, None)
    Trainer(client, "other").finish(finished(lease, 0.5))
    page = client.get(address, params={"limit": 1}).json()
    assert page["items"] == [first]
    (last,) = client.get(address, params={"limit": 1, "cursor": page["next"]}).json()["items"]
    assert (last["worker"], last["ending"], last["epochs"]) == ("other", "finished", 3)


def test_each_replicate_has_its_own_curve(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client, budget={"trials": 1}, replicates=2)["id"]
    one, two = sorted(trainer.claim(2), key=lambda run: run["replicate"])
    trainer.report(one["lease"], 1)
    trainer.report(two["lease"], 1, 2)
    lengths = [
        len(client.get(f"/v1/sweeps/{sweep}/trials/0/curve", params={"replicate": replicate}).json()["items"])
        for replicate in (0, 1)
    ]
    assert lengths == [1, 2]
    problem(client.get(f"/v1/sweeps/{sweep}/trials/0/curve", params={"replicate": 2}), 404)
    assert places(client.get(f"/v1/sweeps/{sweep}/trials/0/curve", params={"replicate": -1})) == ["/replicate"]


@pytest.mark.parametrize("path", ["0/attempts", "9/attempts", "9/curve"])
def test_attempts_and_curves_of_what_does_not_exist_are_not_found(client: httpx.Client, path: str) -> None:
    problem(client.get(f"/v1/sweeps/swp_1/trials/{path}"), 404)
    if path[0] == "9":
        problem(client.get(f"/v1/sweeps/{start(client)['id']}/trials/{path}"), 404)
