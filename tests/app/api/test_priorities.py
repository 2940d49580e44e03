"""Sweeps that run at the same time take turns at the workers, by their priorities."""

import httpx
import pytest

from tests.app.api.serving import Trainer, finished, start, sweep_body


def test_a_short_sweep_does_not_wait_for_the_end_of_a_long_one(client: httpx.Client, trainer: Trainer) -> None:
    start(client, budget={"trials": 100})
    held = trainer.leases(64)
    short = start(client, budget={"trials": 4})["id"]
    trainer.finish(*(finished(lease, 0.5) for lease in held[:4]))
    assert [run["sweep"] for run in trainer.claim(4)] == [short] * 4


def test_a_higher_priority_has_more_runs_in_training(client: httpx.Client, trainer: Trainer) -> None:
    usual = start(client, budget={"trials": 100})
    high = start(client, budget={"trials": 100}, priority=30)
    assert (usual["priority"], high["priority"]) == (10, 30)
    claimed = [run["sweep"] for run in trainer.claim(64)]
    assert (claimed.count(usual["id"]), claimed.count(high["id"])) == (16, 48)


def test_a_priority_can_be_changed(client: httpx.Client) -> None:
    sweep = start(client)
    changed = client.patch(f"/v1/sweeps/{sweep['id']}", json={"priority": 99}).json()
    assert changed == sweep | {"priority": 99}


@pytest.mark.parametrize("priority", [0, 101, 2.5, "high"])
def test_a_priority_is_a_whole_number_from_1_to_100(shared: httpx.Client, priority: object) -> None:
    refused = shared.post("/v1/sweeps", json=sweep_body(priority=priority))
    assert refused.status_code == 422
    assert [fault["pointer"] for fault in refused.json()["errors"]] == ["/priority"]
