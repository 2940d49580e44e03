"""Tests of hand-picked points over HTTP."""

import httpx
import pytest

from app.services.services import Services
from tests.app.api.serving import Json, Trainer, finished, places, problem, start, when_ended

SPACE = {
    "learning_rate": {"kind": "float", "low": 1e-4, "high": 1.0, "scale": "log"},
    "hidden_units": {"kind": "choice", "values": [[4], [8]]},
    "batch_size": {"kind": "choice", "values": [8, 16]},
}
CONSTRAINTS = ["batch_size <= 200 * learning_rate + 16"]


def begun(client: httpx.Client, **changes: object) -> str:
    body: Json = {"space": SPACE, "constraints": CONSTRAINTS, "fixed": {"epochs": 3}, **changes}
    return str(start(client, **body)["id"])


def enqueue(client: httpx.Client, sweep: str, *points: Json) -> httpx.Response:
    return client.post(f"/v1/sweeps/{sweep}/trials", json={"points": points})


def test_points_become_the_next_trials_and_are_trained(client: httpx.Client) -> None:
    sweep = begun(client)
    answer = enqueue(client, sweep, {"learning_rate": 0.5, "hidden_units": 16}, {"learning_rate": 2})
    assert answer.status_code == 201, answer.text
    assert answer.json() == {
        "trials": [4, 5],
        "waiting": 0,
        "detail": "The budget of trials grew by 2. Of these points 2 wait for a worker as trials.",
    }
    trial = client.get(f"/v1/sweeps/{sweep}/trials/4").json()
    assert (trial["source"], trial["params"]) == ("enqueued", {"learning_rate": 0.5, "hidden_units": [16]})
    assert trial["all_params"]["batch_size"] == 64
    assert client.get(f"/v1/sweeps/{sweep}/trials/3").json()["source"] == "sampler"
    Trainer(client).train_everything()
    ended = when_ended(client, sweep)
    assert (ended["counts"]["completed"], ended["budget"]["trials"]) == (6, 6)


def test_in_a_sweep_with_rounds_they_wait_for_the_next_one(client: httpx.Client, services: Services) -> None:
    sweep = begun(client, sampler={"kind": "gp", "batch": 2})
    answer = enqueue(client, sweep, {"learning_rate": 0.5}).json()
    assert (answer["trials"], answer["waiting"]) == ([], 1)
    assert "the first trials of what is drawn next" in answer["detail"]
    assert client.get(f"/v1/sweeps/{sweep}").json()["waiting_points"] == 1
    trainer = Trainer(client)
    while client.get(f"/v1/sweeps/{sweep}").json()["state"] == "running":
        for lease in trainer.leases(8):
            trainer.finish(finished(lease, 0.5))
        services.planner.wait_idle()
    ended = when_ended(client, sweep)
    assert (ended["waiting_points"], ended["counts"]["completed"]) == (0, 5)
    assert client.get(f"/v1/sweeps/{sweep}/trials/2").json()["source"] == "enqueued"


def test_all_faults_of_all_points_are_told_together(client: httpx.Client) -> None:
    sweep = begun(client)
    answer = enqueue(
        client,
        sweep,
        {"learning_rate": -1, "epochs": 9},
        {"hidden_units": [10**6, 10**6], "l2": 0.1},
        {"learning_rate": 0.01, "batch_size": 64},
        {"learning_rate": 0.01},
    )
    assert places(answer) == [
        "/points/0/epochs",
        "/points/0/learning_rate",
        "/points/1/l2",
        "/points/1/hidden_units",
        "/points/2",
        "/points/3",
    ]
    details = [error["detail"] for error in answer.json()["errors"]]
    assert details[0] == "epochs is fixed in this sweep, to 3. Leave it out of the point."
    assert "breaks the constraint" in details[-1]
    assert client.get(f"/v1/sweeps/{sweep}").json()["budget"]["trials"] == 4


def test_layers_by_count_of_a_point_have_to_meet_the_constraints(client: httpx.Client) -> None:
    space = {
        "hidden_layers": {"kind": "int", "low": 1, "high": 2},
        "units": {"kind": "int", "low": 4, "high": 32},
        "units_2": {"kind": "int", "low": 4, "high": 32},
    }
    sweep = begun(client, space=space, fixed={"epochs": 3}, constraints=["units_2 <= units / 2"])
    points = [
        {"hidden_layers": 2, "units": 8, "units_2": 5},
        {"hidden_layers": 2, "units": 8},
        {"hidden_layers": 2, "units": 8, "units_2": 4},
        {"hidden_layers": 1, "units": 8},
        {},
    ]
    assert places(enqueue(client, sweep, *points)) == ["/points/0", "/points/1"]
    assert enqueue(client, sweep, *points[2:]).status_code == 201


@pytest.mark.parametrize("body", [{}, {"points": []}, {"points": [3]}, {"points": [{}] * 101}, {"point": {}}])
def test_a_request_without_points_is_refused(client: httpx.Client, body: Json) -> None:
    answer = client.post(f"/v1/sweeps/{begun(client)}/trials", json=body)
    assert all(place.startswith("/point") for place in places(answer))


@pytest.mark.parametrize(
    ("count", "detail"),
    [
        (0, "The list is empty: send at least 1."),
        (101, "The list has 101 items: send at most 100."),
    ],
)
def test_too_few_or_too_many_points_are_refused_in_a_sentence(client: httpx.Client, count: int, detail: str) -> None:
    refused = enqueue(client, begun(client), *[{}] * count)
    assert [error["detail"] for error in problem(refused, 422)["errors"]] == [detail]


def test_a_point_of_a_foreign_trainer_must_be_one_of_the_space(client: httpx.Client) -> None:
    space = {"depth": {"kind": "int", "low": 1, "high": 9}, "kind": {"kind": "choice", "values": ["a", "b"]}}
    body = {"trainer": "external", "metrics": {"auc": "maximize"}, "space": space, "budget": {"trials": 2}}
    sweep = client.post("/v1/sweeps", json=body).json()["id"]
    assert places(enqueue(client, sweep, {"depth": 12, "kind": "a"}, {"depth": 3}, {"depth": 3, "kind": "c"})) == [
        "/points/0",
        "/points/1",
        "/points/2",
    ]
    assert enqueue(client, sweep, {"depth": 3, "kind": "b"}).json()["trials"] == [2]


def test_a_budget_of_trials_keeps_room_for_those_that_wait(client: httpx.Client) -> None:
    sweep = start(client, budget={"trials": 4})["id"]
    client.post(f"/v1/sweeps/{sweep}/pause").raise_for_status()
    assert enqueue(client, sweep, {"learning_rate": 0.1}, {"learning_rate": 0.2}).json()["waiting"] == 2
    refused = problem(client.patch(f"/v1/sweeps/{sweep}", json={"budget": {"trials": 5}}), 409)
    assert "5 trials, of which 6 were drawn or wait as points that were enqueued" in refused["detail"]
    client.patch(f"/v1/sweeps/{sweep}", json={"budget": {"trials": 6}}).raise_for_status()


def test_an_ended_sweep_takes_none_and_says_what_to_do(client: httpx.Client) -> None:
    sweep = begun(client)
    client.post(f"/v1/sweeps/{sweep}/cancel")
    assert "post a sweep of its own" in problem(enqueue(client, sweep, {"learning_rate": 0.5}), 409)["detail"]
    assert problem(enqueue(client, "swp_none", {}), 404)


def test_a_paused_sweep_draws_them_once_it_is_resumed(client: httpx.Client) -> None:
    sweep = begun(client)
    client.post(f"/v1/sweeps/{sweep}/pause")
    assert enqueue(client, sweep, {"learning_rate": 0.5}).json()["waiting"] == 1
    client.post(f"/v1/sweeps/{sweep}/resume")
    assert client.get(f"/v1/sweeps/{sweep}/trials/4").json()["source"] == "enqueued"
