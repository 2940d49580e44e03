"""Tests of why a sweep is not finished, over HTTP: each reason when it holds, and not before."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.services.services import Services
from tests.app.api.serving import Json, Trainer, curve_point, finished, problem, serving, start, when_ended


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, Services]]:
    """A server."""
    with serving(tmp_path_factory.mktemp("why")) as (client, services):
        yield client, services


@pytest.fixture
def client(served: tuple[httpx.Client, Services]) -> Iterator[httpx.Client]:
    """A client of it; what a test leaves open is cancelled."""
    yield served[0]
    for sweep in served[0].get("/v1/sweeps").json()["items"]:
        if sweep["state"] in {"running", "paused"}:
            served[0].post(f"/v1/sweeps/{sweep['id']}/cancel")
    for worker in served[0].get("/v1/workers").json()["items"]:  # others would have their share
        Trainer(served[0], worker["name"]).release([])


def why(client: httpx.Client, sweep: str) -> Json:
    found: Json = client.get(f"/v1/sweeps/{sweep}/why").raise_for_status().json()
    return found


def reasons(client: httpx.Client, sweep: str) -> dict[str, str]:
    return {one["code"]: one["detail"] for one in why(client, sweep)["reasons"]}


def test_a_sweep_without_a_worker_says_so_first_and_names_those_of_another_version(tmp_path: Path) -> None:
    with serving(tmp_path) as (client, _):
        sweep = start(client)["id"]
        found = why(client, sweep)
        assert Trainer(client, "old").claim(rules=1, about={"slots": 4, "version": "0.0.1", "memory_bytes": None}) == []
        with_old = reasons(client, sweep)
    assert [one["code"] for one in found["reasons"]] == ["no_worker", "queued"]
    assert found["reasons"][1]["detail"].startswith("4 runs in the queue, of which the first trial was drawn at 20")
    assert (found["runs"]["queued"], found["runs"]["slowest"]["trial"], found["expected_end"]) == (4, 0, None)
    assert list(with_old) == ["no_worker", "other_version", "queued"]
    assert with_old["other_version"].startswith("The worker old (logsweep 0.0.1) knows rules up to 1, and this sweep ")


def test_who_holds_runs_is_named_with_the_time_since_then(client: httpx.Client) -> None:
    sweep = start(client)["id"]
    lease, _ = Trainer(client, "w1").leases(2)
    Trainer(client, "w1").report(lease, 1)
    found = why(client, sweep)
    told = {one["code"]: one["detail"] for one in found["reasons"]}
    assert told["training"].startswith("2 runs in training: w1 has 2 since 20")
    assert told["queued"].startswith("2 runs in the queue")
    assert [(hold["worker"], hold["runs"]) for hold in found["runs"]["holds"]] == [("w1", 2)]
    assert found["runs"]["holds"][0]["since"] < found["runs"]["holds"][0]["lease_until"]
    slowest = found["runs"]["slowest"]
    assert (slowest["trial"], slowest["epochs"], slowest["asked"], slowest["worker"]) == (1, 0, 3, "w1")


def test_a_sweep_that_waits_for_runs_of_another_says_so(client: httpx.Client) -> None:
    long = start(client)["id"]
    about = {"slots": 3, "version": "1.0", "memory_bytes": None}
    assert len(Trainer(client, "w1").claim(3, about=about)) == 3
    short = start(client)["id"]
    queued = reasons(client, short)["queued"]
    assert queued.endswith(
        "have 3 slots, and train 3 trials of other sweeps: as their runs end, this one has its turn."
    )
    assert "other sweeps" not in reasons(client, long)["queued"]


def test_a_worker_that_died_is_counted_among_what_was_lost(
    served: tuple[httpx.Client, Services], client: httpx.Client
) -> None:
    sweep = start(client)["id"]
    Trainer(client, "w2").leases(1)
    served[1].work.lose_worker("w2", "signal", "its process was ended by SIGKILL")
    told = reasons(client, sweep)
    assert told["lost"].startswith("1 run that is open has lost a worker, once in all: GET .../trials/")


def test_a_worker_that_fell_silent_is_named_with_the_end_of_its_lease(
    served: tuple[httpx.Client, Services], client: httpx.Client
) -> None:
    sweep = start(client)["id"]
    Trainer(client, "w3").leases(1)
    served[1].explaining._live.lost("w3")
    assert "The worker w3, which holds 1 run, is silent: at 20" in reasons(client, sweep)["silent"]


def test_what_has_paused_waits_for_the_slowest_run_of_its_round(client: httpx.Client) -> None:
    scheduler = {"kind": "successive_halving", "first_rung": 1, "eta": 2}
    sweep = start(client, scheduler=scheduler, fixed={"epochs": 4, "hidden_units": [4]})["id"]
    trainer = Trainer(client, "w4")
    first, *_ = trainer.leases(4)
    metrics = curve_point(1)["metrics"]
    trainer.finish(
        {"lease": first, "state": "paused", "metrics": metrics, "best_epoch": 1, "epochs": 1, "seconds": 0.1,
         "reason": "it is compared", "curve": [curve_point(1)], "model": None}
    )  # fmt: skip  # a result as it is sent
    told = reasons(client, sweep)
    assert told["round"] == (
        "1 run paused to be compared, until the others are as far; the last is trial 1 at epoch 0 of 1, with w4."
    )


def test_a_paused_sweep_says_how_it_goes_on(client: httpx.Client) -> None:
    sweep = start(client)["id"]
    client.post(f"/v1/sweeps/{sweep}/pause")
    assert next(iter(reasons(client, sweep).items()))[0] == "paused"


def test_a_budget_tells_what_is_left_of_it(client: httpx.Client) -> None:
    sweep = start(client, budget={"trials": 5000, "seconds": 600, "epochs": 15000})["id"]
    found = why(client, sweep)["reasons"]
    told = [one["detail"] for one in found if one["code"] == "budget"]
    assert told[0] == "Of its budget of 600 seconds 600 are left."
    assert told[1].startswith("Of its budget of 15000 epochs ")
    (undrawn,) = (one["detail"] for one in found if one["code"] == "undrawn")
    assert "of 5000 trials are still to be drawn as the queue runs low" in undrawn


def test_a_sweep_that_goes_on_has_an_expected_end(client: httpx.Client) -> None:
    sweep = start(client)["id"]
    trainer = Trainer(client, "w5")
    run, *_ = trainer.claim(4)
    assert why(client, sweep)["expected_end"] is None
    trainer.finish(finished(run["lease"], 0.5))
    assert why(client, sweep)["expected_end"] > client.get(f"/v1/sweeps/{sweep}").json()["started_at"]


def test_a_sweep_that_has_ended_tells_why_it_did(client: httpx.Client) -> None:
    sweep = start(client)["id"]
    Trainer(client, "w6").train_everything()
    when_ended(client, sweep)
    found = why(client, sweep)
    (reason,) = found["reasons"]
    assert (found["state"], reason["code"], found["runs"]) == ("completed", "ended", None)
    assert reason["detail"].startswith("It is completed since 20")
    assert reason["detail"].endswith(": all trials of the budget finished.")


def test_a_sweep_that_is_not_there_is_not_found(client: httpx.Client) -> None:
    problem(client.get("/v1/sweeps/none/why"), 404)
