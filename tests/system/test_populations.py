"""Population based training comes to the same, however many work on it, whoever dies and whatever cache is lost."""

import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from shutil import rmtree
from typing import Any

import httpx
import pytest

from tests.system.processes import (
    ServerProcess,
    WorkerProcess,
    counts,
    finish,
    kill_a_worker,
    kill_with_children,
    post_sweep,
    running,
    until,
)
from tests.system.tables import result_tables

SWEEP: dict[str, Any] = {
    "name": "a population",
    "dataset": "digits",
    "seed": 5,
    "space": {
        "learning_rate": {"kind": "float", "low": 1e-4, "high": 1.0, "scale": "log"},
        "beta1": {"kind": "float", "low": 0.5, "high": 0.99, "scale": "reverse_log"},
        "keep_prob": {"kind": "choice", "values": [1.0, 0.8, 0.6], "ordered": True},
        "hidden_units": {"kind": "choice", "values": [[32], [64, 32]]},
        "batch_norm": {"kind": "choice", "values": [False, True]},
    },
    "fixed": {"epochs": 12, "optimizer": "adam"},
    "scheduler": {"kind": "pbt", "population": 8, "interval": 2, "replaced": 25},
    "replicates": 2,
    "budget": {"trials": 18},
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
    """The tables of one undisturbed worker."""
    with running(WorkerProcess(server.address, "alone")):
        sweep = post_sweep(server.client, SWEEP)
        assert finish(server.client, sweep)["state"] == "completed"
        lines = [server.client.get(f"/v1/sweeps/{sweep}/trials/{trial}").json()["lineage"] for trial in range(18)]
        assert sum(len(line) > 0 for line in lines) >= 7
        assert max(map(len, lines)) >= 2
    return result_tables(server.data, sweep)


def under_way(client: httpx.Client, sweep: str) -> bool:
    """Return whether heirs train."""
    now = counts(client, sweep)
    return now["pruned"] >= 3 and now["running"] > 0


@pytest.mark.parametrize("workers", [3, pytest.param(5, marks=pytest.mark.large)])
def test_any_number_of_workers_leaves_the_tables_of_one(server: ServerProcess, reference: Tables, workers: int) -> None:
    crew = [WorkerProcess(server.address, f"worker-{number}", slots=4) for number in range(workers)]
    with running(*crew):
        sweep = post_sweep(server.client, SWEEP)
        finish(server.client, sweep)
    assert result_tables(server.data, sweep) == reference


def test_killed_workers_and_a_killed_server_leave_no_trace(tmp_path: Path, reference: Tables) -> None:
    data = tmp_path / "data"
    server = ServerProcess(data, workers=2, slots=8, lease_seconds=2.0)
    with running(server):
        sweep = post_sweep(server.client, SWEEP)
        until(lambda: under_way(server.client, sweep), "heirs train")
        kill_a_worker(server)
        kill_with_children(server)
    again = ServerProcess(data, workers=2)
    with running(again):
        finish(again.client, sweep)
    assert result_tables(data, sweep) == reference


def test_without_a_checkpoint_whole_lineages_are_trained_to_the_same_bits(tmp_path: Path, reference: Tables) -> None:
    data = tmp_path / "data"
    server = ServerProcess(data, lease_seconds=1.0)
    first = WorkerProcess(server.address, "first", slots=8)
    with running(server, first):
        sweep = post_sweep(server.client, SWEEP)
        until(lambda: under_way(server.client, sweep), "heirs train")
        first.send(signal.SIGKILL)
        first.wait()
        rmtree(data / "cache", ignore_errors=True)
        with running(WorkerProcess(server.address, "second")):
            finish(server.client, sweep)
    assert result_tables(data, sweep) == reference
