"""A sweep with folds that confirms its best trials leaves the same tables however many work on it, and whoever dies."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.system.processes import (
    ServerProcess,
    WorkerProcess,
    finish,
    kill_a_worker,
    kill_with_children,
    post_sweep,
    running,
    until,
)
from tests.system.tables import queue_length, result_tables

SWEEP: dict[str, Any] = {
    "name": "confirmed",
    "dataset": "digits",
    "seed": 5,
    "space": {
        "learning_rate": {"kind": "float", "low": 1e-4, "high": 0.1, "scale": "log"},
        "hidden_units": {"kind": "choice", "values": [[32], [64, 32]]},
        "keep_prob": {"kind": "choice", "values": [1.0, 0.8]},
    },
    "fixed": {"epochs": 12, "batch_size": 16},
    "folds": 2,
    "confirm": {"share": 0.3, "leaders": 4, "replicates": 2},
    "budget": {"trials": 100, "epochs": 400},
}

Tables = Mapping[str, list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that nobody disturbs."""
    process = ServerProcess(tmp_path_factory.mktemp("undisturbed") / "data")
    with running(process):
        yield process


@pytest.fixture(scope="module")
def reference(server: ServerProcess) -> Tables:
    """The tables of one undisturbed worker, and the winner."""
    tables, ended = outcome(server, workers=1)
    assert [row[2] for row in tables["decisions"]] == ["end", "confirm", "end"]
    assert len(json.loads(tables["decisions"][1][3])) == 2
    assert ended["used"]["epochs"] <= 400
    return with_winner(tables, ended)


def outcome(server: ServerProcess, workers: int) -> tuple[Tables, Any]:
    crew = [WorkerProcess(server.address, f"worker-{number}", slots=64 // workers) for number in range(workers)]
    with running(*crew):
        sweep = post_sweep(server.client, SWEEP)
        ended = finish(server.client, sweep)
    assert ended["state"] == "completed"
    return result_tables(server.data, sweep), ended


def confirming(client: httpx.Client, sweep: str) -> bool:
    decisions = client.get(f"/v1/sweeps/{sweep}/decisions").json()["items"]
    return "confirm" in [one["kind"] for one in decisions]


def with_winner(tables: Tables, ended: Any) -> Tables:
    return {**tables, "best": [tuple(sorted(ended["best"].items(), key=str))]}


def test_any_number_of_workers_leaves_the_tables_and_the_winner_of_one(
    server: ServerProcess, reference: Tables
) -> None:
    assert with_winner(*outcome(server, 3)) == reference


@pytest.mark.large  # in small, tests/faults does all of this together
def test_workers_and_a_server_that_are_killed_while_leaders_are_confirmed_leave_no_trace(
    tmp_path: Path, reference: Tables
) -> None:
    data = tmp_path / "data"
    server = ServerProcess(data, workers=2, slots=2, lease_seconds=2.0)
    with running(server):
        sweep = post_sweep(server.client, SWEEP)
        until(lambda: confirming(server.client, sweep), "leaders are confirmed")
        kill_a_worker(server)
        kill_with_children(server)
    assert queue_length(data) > 0
    again = ServerProcess(data, workers=2)
    with running(again):
        ended = finish(again.client, sweep)
    assert with_winner(result_tables(data, sweep), ended) == reference
