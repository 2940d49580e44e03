"""A live sweep is paused, resumed, given more budget and ended, and nothing that was reported is lost."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.system.processes import (
    ServerProcess,
    counts,
    finish,
    in_the_middle,
    post_sweep,
    running,
    until,
)
from tests.system.tables import result_tables

SWEEP: dict[str, Any] = {
    "name": "to be steered",
    "dataset": "digits",
    "seed": 3,
    "space": {
        "learning_rate": {"kind": "float", "low": 1e-4, "high": 0.3, "scale": "log"},
        "hidden_units": {"kind": "choice", "values": [[32], [48]]},
    },
    "budget": {"trials": 24},
}
LONG_AND_SHORT: dict[str, Any] = {
    **SWEEP,
    "space": {**SWEEP["space"], "epochs": {"kind": "choice", "values": [3, 800]}},
    "fixed": {"batch_size": 256},
    "budget": {"trials": 12},
}
"""When the short trials have ended, the long ones, trained beside them, are far from their end."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with one worker that trains eight trials at a time."""
    process = ServerProcess(tmp_path_factory.mktemp("control") / "data", workers=1, slots=8)
    with running(process):
        yield process


def left_alone(server: ServerProcess, spec: dict[str, Any]) -> Any:
    """Return the tables of a sweep that was left to itself."""
    sweep = post_sweep(server.client, spec)
    finish(server.client, sweep)
    return result_tables(server.data, sweep)


def post(client: httpx.Client, sweep: str, what: str, **query: Any) -> Any:
    """Send a command to a sweep; return the answer."""
    return client.post(f"/v1/sweeps/{sweep}/{what}", params=query).raise_for_status().json()


def test_a_pause_stops_training_and_loses_nothing(server: ServerProcess) -> None:
    reference, client = left_alone(server, LONG_AND_SHORT), server.client
    sweep = post_sweep(client, LONG_AND_SHORT)
    until(lambda: in_the_middle(client, sweep), "the sweep is in the middle")
    assert post(client, sweep, "pause")["state"] == "paused"
    until(lambda: counts(client, sweep)["running"] == 0, "training has paused")
    still = result_tables(server.data, sweep)
    assert counts(client, sweep)["paused"] > 0
    assert result_tables(server.data, sweep) == still
    assert post(client, sweep, "resume")["state"] == "running"
    finish(client, sweep)

    found = result_tables(server.data, sweep)
    assert {name: found[name] for name in ("trials", "epochs", "models")} == {
        name: reference[name] for name in ("trials", "epochs", "models")
    }
    assert set(map(repr, still["epochs"])) <= set(map(repr, found["epochs"]))


def test_cancelling_with_keep_completes_what_runs_with_its_best_epoch(server: ServerProcess) -> None:
    client = server.client
    sweep = post_sweep(client, {**SWEEP, "fixed": {"epochs": 5000}})
    until(lambda: counts(client, sweep)["running"] == 8, "eight trials are in training")
    until(lambda: client.get(f"/v1/sweeps/{sweep}/trials/0/curve").json()["items"], "an epoch was reported")
    post(client, sweep, "cancel", keep=True)
    ended = finish(client, sweep)
    assert ended["state"] == "cancelled"
    assert ended["counts"]["completed"] == 8
    assert ended["counts"]["cancelled"] == 16
    best = ended["best"]
    assert client.get(f"/v1/sweeps/{sweep}/trials/{best['trial']}/model").status_code == 200
    trial = client.get(f"/v1/sweeps/{sweep}/trials/{best['trial']}").json()
    curve = client.get(f"/v1/sweeps/{sweep}/trials/{best['trial']}/curve", params={"limit": 5000}).json()["items"]
    assert trial["metrics"]["dev_error"] == min(point["dev_error"] for point in curve)


def test_time_that_is_up_completes_what_runs(server: ServerProcess) -> None:
    sweep = post_sweep(server.client, {**SWEEP, "fixed": {"epochs": 50_000}, "budget": {"trials": 1000, "seconds": 3}})
    ended = finish(server.client, sweep)
    assert ended["state"] == "completed"
    assert "3 seconds" in ended["reason"]
    assert ended["counts"]["completed"] == 8
    assert ended["counts"]["cancelled"] == 992
    assert ended["best"] is not None


def test_more_budget_reopens_a_sweep_as_if_it_had_been_there_from_the_start(server: ServerProcess) -> None:
    short, client = {**SWEEP, "fixed": {"epochs": 5}}, server.client
    reference = left_alone(server, {**short, "budget": {"trials": 12}})
    sweep = post_sweep(client, {**short, "budget": {"trials": 5}})
    finish(client, sweep)
    answer = client.patch(f"/v1/sweeps/{sweep}", json={"budget": {"trials": 12}}).raise_for_status().json()
    assert answer["state"] == "running"
    finish(client, sweep)

    found = result_tables(server.data, sweep)
    assert {name: found[name] for name in ("trials", "epochs", "models")} == {
        name: reference[name] for name in ("trials", "epochs", "models")
    }
