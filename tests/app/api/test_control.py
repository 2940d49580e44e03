"""Tests of taking a hand in live sweeps: pause, resume, cancel, delete, and what was decided."""

from typing import Any

import httpx
import pytest

from tests.app.api.serving import Json, Trainer, curve_point, finished, places, problem, start, when_ended

HALVING = {"kind": "successive_halving", "eta": 3, "first_rung": 1}


def post(client: httpx.Client, sweep: str, what: str, **query: Any) -> Json:
    answer = client.post(f"/v1/sweeps/{sweep}/{what}", params=query)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def paused(lease: Json, value: float, epochs: int, **changes: Any) -> Json:
    """Return what a trainer hands in of a run that pauses."""
    curve = [curve_point(epoch) for epoch in range(1, epochs + 1)]
    given = {"state": "paused", "epochs": epochs, "best_epoch": 1, "curve": curve, "reason": "paused"}
    return finished(lease, value, **given | changes)


def test_a_paused_sweep_hands_out_nothing_and_tells_its_workers_to_pause(
    client: httpx.Client, trainer: Trainer
) -> None:
    sweep = start(client)["id"]
    (lease,) = trainer.leases()
    for _ in range(2):
        assert post(client, sweep, "pause")["state"] == "paused"
    assert trainer.claim(4) == []
    assert trainer.report(lease, 1)[0]["decision"] == "pause"
    assert trainer.heartbeat([lease])[0]["decision"] == "pause"
    assert trainer.finish(paused(lease, 0.5, 2))["items"][0]["outcome"] == "recorded"
    trial = client.get(f"/v1/sweeps/{sweep}/trials/0").json()
    assert (trial["state"], trial["epochs"], trial["metrics"]["dev_error"]) == ("paused", 2, 0.5)


def test_a_resumed_sweep_goes_on_where_it_paused(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client, budget={"trials": 1})["id"]
    (lease,) = trainer.leases()
    post(client, sweep, "pause")
    trainer.finish(paused(lease, 0.5, 2))
    for _ in range(2):
        assert post(client, sweep, "resume")["state"] == "running"
    (again,) = trainer.leases()
    assert again == lease | {"fence": 2}
    trainer.finish(finished(again, 0.25, curve=[curve_point(3)]))
    assert when_ended(client, sweep)["best"]["value"] == 0.25
    curve = client.get(f"/v1/sweeps/{sweep}/trials/0/curve").json()["items"]
    assert [point["epoch"] for point in curve] == [1, 2, 3]


def test_who_waits_for_a_sweep_is_answered_when_it_is_paused(client: httpx.Client) -> None:
    sweep = start(client)["id"]
    post(client, sweep, "pause")
    assert when_ended(client, sweep)["state"] == "paused"


def test_cancelling_and_keeping_completes_what_has_a_result(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client, budget={"trials": 3})["id"]
    (lease,) = trainer.leases()
    found = post(client, sweep, "cancel", keep="true")
    assert (found["state"], found["ending"]) == ("running", "cancelled")
    assert trainer.claim(3) == []
    assert trainer.report(lease, 1)[0]["decision"] == "complete"
    trainer.finish(finished(lease, 0.5, epochs=1, best_epoch=1, curve=[], reason="completed by the sweep's end"))
    ended = when_ended(client, sweep)
    assert (ended["state"], ended["ending"]) == ("cancelled", None)
    assert (ended["counts"]["completed"], ended["counts"]["cancelled"]) == (1, 2)
    assert ended["best"]["trial"] == 0


def test_cancelling_and_keeping_with_nothing_in_training_ends_at_once(client: httpx.Client) -> None:
    assert post(client, start(client)["id"], "cancel", keep="true")["state"] == "cancelled"


def test_a_cancel_without_keeping_cuts_short_one_that_keeps(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client)["id"]
    trainer.leases()
    post(client, sweep, "cancel", keep="true")
    assert post(client, sweep, "cancel")["state"] == "cancelled"


@pytest.mark.parametrize("what", ["pause", "resume"])
def test_an_ended_sweep_is_neither_paused_nor_resumed(client: httpx.Client, what: str) -> None:
    sweep = start(client)["id"]
    post(client, sweep, "cancel")
    problem(client.post(f"/v1/sweeps/{sweep}/{what}"), 409)


@pytest.mark.parametrize("what", ["pause", "resume", "cancel"])
def test_a_sweep_that_does_not_exist_is_not_found(shared: httpx.Client, what: str) -> None:
    problem(shared.post(f"/v1/sweeps/swp_1/{what}"), 404)


def test_what_else_is_asked_of_a_cancel_is_refused(client: httpx.Client) -> None:
    sweep = start(client)["id"]
    assert places(client.post(f"/v1/sweeps/{sweep}/cancel", params={"kep": "true"})) == ["/kep"]
    assert places(client.post(f"/v1/sweeps/{sweep}/cancel", params={"keep": "perhaps"})) == ["/keep"]
    assert client.get(f"/v1/sweeps/{sweep}").json()["state"] == "running"


def test_an_ended_sweep_is_deleted_with_all_that_belongs_to_it(client: httpx.Client, trainer: Trainer) -> None:
    sweep, other = start(client, budget={"trials": 1})["id"], start(client, budget={"trials": 1})["id"]
    for lease in trainer.leases(2):
        trainer.finish(finished(lease, 0.5, model=trainer.hand_in(bytes(140))))
    when_ended(client, sweep)
    assert client.delete(f"/v1/sweeps/{sweep}").status_code == 204
    for path in ("", "/trials", "/trials/0", "/trials/0/curve", "/trials/0/attempts", "/trials/0/model", "/decisions"):
        problem(client.get(f"/v1/sweeps/{sweep}{path}"), 404)
    problem(client.delete(f"/v1/sweeps/{sweep}"), 404)
    assert [one["id"] for one in client.get("/v1/sweeps").json()["items"]] == [other]
    assert client.get(f"/v1/sweeps/{other}/trials/0/model", params={"format": "json"}).status_code == 200


@pytest.mark.parametrize("what", [None, "pause"])
def test_an_open_sweep_is_not_deleted(client: httpx.Client, what: str | None) -> None:
    sweep = start(client)["id"]
    if what:
        post(client, sweep, what)
    problem(client.delete(f"/v1/sweeps/{sweep}"), 409)


def halved(client: httpx.Client, trainer: Trainer, **changes: Any) -> str:
    """Run a sweep of nine trials under successive halving, whose values rise with their numbers; return its id."""
    name: str = start(client, fixed={"epochs": 9, "hidden_units": [4]}, scheduler=HALVING, **changes)["id"]
    while runs := trainer.claim(64, wait=5):
        results = []
        for run in runs:
            last, value = run["to_epoch"], 0.1 * (run["trial"] + 1)
            end = finished if last == 9 else paused
            points = [curve_point(epoch) for epoch in range(1, last + 1)]
            results.append(end(run["lease"], value, epochs=last, best_epoch=1, curve=points))
        trainer.finish(*results)
        if {run["to_epoch"] for run in runs} == {9}:
            break
    return name


def test_decisions_of_rounds_are_told_in_their_order_page_by_page(client: httpx.Client, trainer: Trainer) -> None:
    sweep = halved(client, trainer, budget={"trials": 9})
    ended = when_ended(client, sweep)
    assert (ended["counts"]["completed"], ended["counts"]["pruned"]) == (1, 8)
    whole = client.get(f"/v1/sweeps/{sweep}/decisions", params={"limit": 500}).json()
    assert whole["next"] is None
    found, cursor = list[Json](), dict[str, str]()
    while True:
        page = client.get(f"/v1/sweeps/{sweep}/decisions", params={"limit": 2, **cursor}).json()
        found += page["items"]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert found == whole["items"]
    trained = [one["trials"] for one in found if one["kind"] == "train"]
    assert trained == [[0, 1, 2], [0]]
    assert found[0]["kind"] == "draw"
    assert found[-1]["kind"] == "end"
    assert all(one["reason"] for one in found)


def test_a_cursor_of_other_decisions_is_refused(client: httpx.Client, trainer: Trainer) -> None:
    sweep, other = halved(client, trainer, budget={"trials": 9}), start(client)["id"]
    cursor = client.get(f"/v1/sweeps/{sweep}/decisions", params={"limit": 1}).json()["next"]
    problem(client.get(f"/v1/sweeps/{other}/decisions", params={"cursor": cursor}), 400)
