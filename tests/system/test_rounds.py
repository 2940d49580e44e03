"""Successive halving decides the same, however many work on it, whoever dies and whatever cache is lost."""

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
    "name": "halving",
    "dataset": "digits",
    "seed": 5,
    "space": {
        "learning_rate": {"kind": "float", "low": 1e-4, "high": 3.0, "scale": "log"},
        "optimizer": {"kind": "choice", "values": ["sgd", "momentum", "rmsprop", "adam"]},
        "hidden_units": {"kind": "choice", "values": [[32], [64, 32]]},
        "keep_prob": {"kind": "choice", "values": [1.0, 0.8]},
        "batch_norm": {"kind": "choice", "values": [False, True]},
    },
    "fixed": {"epochs": 27},
    "scheduler": {"kind": "successive_halving", "eta": 3, "first_rung": 1},
    "early_stopping": {"patience": 12},
    "budget": {"trials": 54},
}

TABLES = ("trials", "epochs", "models", "decisions")

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
    tables = tables_of(server, workers=1)
    assert [row[2] for row in tables["decisions"]].count("train") == 3
    # 54 at epoch 1, 18 at 3, 6 at 9, 2 at 27
    by_state = [row[1] for row in tables["trials"]]
    assert by_state.count("pruned") >= 30
    assert by_state.count("completed") >= 1
    return tables


def tables_of(server: ServerProcess, workers: int) -> Tables:
    """Run the sweep with some workers, who have few slots each; return what it left."""
    crew = [WorkerProcess(server.address, f"worker-{number}", slots=64 // workers) for number in range(workers)]
    with running(*crew):
        sweep = post_sweep(server.client, SWEEP)
        ended = finish(server.client, sweep)
    assert ended["state"] == "completed"
    return result_tables(server.data, sweep)


def past_first_rung(client: httpx.Client, sweep: str) -> bool:
    """Return whether some trials have been pruned while others train on."""
    now = counts(client, sweep)
    return now["pruned"] > 0 and now["running"] > 0


@pytest.mark.parametrize("workers", [3, pytest.param(5, marks=pytest.mark.large)])
def test_any_number_of_workers_leaves_the_tables_of_one(server: ServerProcess, reference: Tables, workers: int) -> None:
    assert tables_of(server, workers) == reference


@pytest.mark.large  # in small, tests/faults does all of this together
def test_killed_workers_and_a_killed_server_leave_no_trace(tmp_path: Path, reference: Tables) -> None:
    data = tmp_path / "data"
    server = ServerProcess(data, workers=2, slots=16, lease_seconds=2.0)
    with running(server):
        sweep = post_sweep(server.client, SWEEP)
        until(lambda: past_first_rung(server.client, sweep), "the second rung is under way")
        kill_a_worker(server)
        kill_with_children(server)
    again = ServerProcess(data, workers=2)
    with running(again):
        finish(again.client, sweep)

    assert result_tables(data, sweep) == reference


def test_a_deleted_cache_costs_epochs_and_no_bits(tmp_path: Path, reference: Tables) -> None:
    data = tmp_path / "data"
    server = ServerProcess(data, lease_seconds=1.0)
    first = WorkerProcess(server.address, "first", slots=16)
    with running(server, first):
        sweep = post_sweep(server.client, SWEEP)
        until(lambda: past_first_rung(server.client, sweep), "the second rung is under way")
        first.send(signal.SIGTERM)
        first.wait()
        rmtree(data / "cache", ignore_errors=True)
        with running(WorkerProcess(server.address, "second")):
            finish(server.client, sweep)

    assert result_tables(data, sweep) == reference
