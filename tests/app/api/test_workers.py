"""Tests of the workers as they are seen over HTTP."""

from pathlib import Path
from typing import Any

import httpx

from app.services.services import Services
from tests.app.api.serving import Json, Trainer, curve_point, finished, problem, serving, start
from tests.system.processes import until

ABOUT = {"slots": 64, "version": "1.0", "memory_bytes": 123_456_789}


def workers(client: httpx.Client, **query: Any) -> list[Json]:
    items: list[Json] = client.get("/v1/workers", params=query).raise_for_status().json()["items"]
    return items


def test_nobody_is_listed_before_anybody_asks_for_work(client: httpx.Client) -> None:
    assert client.get("/v1/workers").json() == {"items": [], "next": None}


def test_a_worker_is_shown_with_what_it_is_and_what_it_trains(client: httpx.Client, trainer: Trainer) -> None:
    first, second = start(client, budget={"trials": 2})["id"], start(client, replicates=2, budget={"trials": 2})["id"]
    assert len(trainer.claim(5, about=ABOUT)) == 5
    (worker,) = workers(client)
    assert worker["name"] == "trainer"
    assert (worker["trainer"], worker["rules"]) == ("logsweep", 3)
    assert (worker["slots"], worker["version"], worker["memory_bytes"]) == (64, "1.0", 123_456_789)
    assert worker["training"] == [{"sweep": first, "trials": [0, 1]}, {"sweep": second, "trials": [0, 1]}]
    assert worker["epochs_per_second"] == 0.0
    assert worker["since"] <= worker["heard_at"]


def test_what_has_ended_or_went_back_is_trained_no_more(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client, budget={"trials": 3})["id"]
    runs = {run["trial"]: run["lease"] for run in trainer.claim(3)}
    trainer.finish(finished(runs[0], 0.5))
    assert workers(client)[0]["training"] == [{"sweep": sweep, "trials": [1, 2]}]
    trainer.heartbeat([runs[1]])
    trainer.finish(finished(runs[1], 0.5), finished(runs[2], 0.5))
    assert workers(client)[0]["training"] == []


def test_epochs_count_once_however_they_are_handed_in_and_only_under_a_lease_that_holds(
    client: httpx.Client, trainer: Trainer
) -> None:
    start(client, budget={"trials": 3})
    one, two, three = trainer.leases(3)
    rate = 0.0
    stale = Trainer(client, "stale")
    stale.heartbeat([])
    for send in (
        lambda: trainer.report(one, 1, 2),
        lambda: trainer.finish(finished(one, 0.5, curve=[curve_point(3)])),
        lambda: trainer.finish(finished(two, 0.5), progress=[{"lease": three, "epochs": [curve_point(1)]}]),
    ):
        send()
        now = next(worker["epochs_per_second"] for worker in workers(client) if worker["name"] == "trainer")
        assert now > rate
        rate = now
    stale.report(three, 2)
    trainer.finish(finished(two, 0.5))
    shown = {worker["name"]: worker["epochs_per_second"] for worker in workers(client)}
    assert shown["stale"] == 0.0
    assert shown["trainer"] <= rate


def test_a_heartbeat_tells_how_much_memory_is_taken_by_now(client: httpx.Client, trainer: Trainer) -> None:
    trainer.claim(about=ABOUT)
    body = {"worker": "trainer", "leases": [], "about": ABOUT | {"memory_bytes": 7}}
    assert client.post("/v1/work/heartbeat", json=body).status_code == 200
    assert [worker["memory_bytes"] for worker in workers(client)] == [7]


def test_a_trainer_that_says_nothing_of_itself_is_listed_all_the_same(client: httpx.Client, trainer: Trainer) -> None:
    trainer.claim(trainer="another")
    (worker,) = workers(client)
    assert (worker["trainer"], worker["slots"], worker["version"], worker["memory_bytes"]) == ("another",) + (None,) * 3


def test_a_worker_that_leaves_or_dies_is_listed_no_more(client: httpx.Client, services: Services) -> None:
    for name in ("leaves", "dies", "stays"):
        Trainer(client, name).claim()
    Trainer(client, "leaves").release([])
    services.work.lose_worker("dies", "signal", "killed by signal 9")
    assert [worker["name"] for worker in workers(client)] == ["stays"]


def test_workers_are_listed_by_name_page_by_page(client: httpx.Client) -> None:
    for name in ("c", "a", "b"):
        Trainer(client, name).claim()
    first = client.get("/v1/workers", params={"limit": 2}).json()
    second = client.get("/v1/workers", params={"limit": 2, "cursor": first["next"]}).json()
    assert [worker["name"] for worker in first["items"] + second["items"]] == ["a", "b", "c"]
    assert second["next"] is None
    problem(client.get("/v1/workers", params={"cursor": client.get("/v1/datasets?limit=1").json()["next"]}), 400)


def test_a_sweep_that_nobody_can_train_says_so_as_long_as_it_runs(client: httpx.Client, trainer: Trainer) -> None:
    Trainer(client, "foreign").claim(trainer="another")
    Trainer(client, "old").claim(rules=1)
    posted = start(client, budget={"trials": 1})
    address = f"/v1/sweeps/{posted['id']}"
    assert "logsweep work --server" in posted["no_workers"]
    assert client.get("/v1/sweeps").json()["items"][0]["no_workers"] == posted["no_workers"]
    trainer.claim()
    assert client.get(address).json()["no_workers"] is None
    trainer.release([])
    assert client.get(address).json()["no_workers"] == posted["no_workers"]
    assert client.post(f"{address}/pause").json()["no_workers"] is None


def test_a_worker_that_falls_silent_is_listed_no_more(tmp_path: Path) -> None:
    with serving(tmp_path, lease_seconds=1) as (client, _):
        start(client, budget={"trials": 1})
        Trainer(client, "silent").leases()
        # The run comes to the other one when the lease of the silent one has run out.
        until(lambda: Trainer(client, "other").claim(wait=20), "the lease runs out")
        assert [worker["name"] for worker in workers(client)] == ["other"]
