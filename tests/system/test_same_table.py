"""The same sweep gives the same table of trials, curves and weights, however many work on it and whoever dies."""

import os
import signal
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.system import processes
from tests.system.processes import (
    ServerProcess,
    WorkerProcess,
    counts,
    gone,
    in_the_middle,
    kill_with_children,
    post_sweep,
    running,
    until,
)
from tests.system.tables import queue_length, result_tables

SWEEP: dict[str, Any] = {
    "name": "the reference",
    "dataset": "digits",
    "seed": 11,
    "space": {
        "learning_rate": {"kind": "float", "low": 1e-4, "high": 1.0, "scale": "log"},
        "beta1": {"kind": "float", "low": 0.9, "high": 0.999, "scale": "reverse_log"},
        "optimizer": {"kind": "choice", "values": ["sgd", "momentum", "rmsprop", "adam"]},
        "hidden_units": {"kind": "choice", "values": [[32], [64, 32]]},
        "batch_size": {"kind": "choice", "values": [32, 64]},
        "l2": {"kind": "choice", "values": [0.0, 1e-3, 0.1]},
        "keep_prob": {"kind": "choice", "values": [1.0, 0.8]},
        "batch_norm": {"kind": "choice", "values": [False, True]},
        "decay": {"kind": "choice", "values": ["none", "staircase"]},
        "clip_norm": {"kind": "choice", "values": [0.0, 1.0]},
        "augment": {"kind": "choice", "values": [{}, {"tilt": 5.0, "shift": 0.5}], "weights": [3, 1]},
        "epochs": {"kind": "int", "low": 5, "high": 40, "scale": "log"},
    },
    "fixed": {"activation": "relu"},
    "early_stopping": {"patience": 20},
    "budget": {"trials": 32},
    "keep_models": 4,
    "pool": 10,
}

LEASE = 1.0


def finish(client: httpx.Client, sweep: str) -> Mapping[str, Any]:
    """Wait for the end of a sweep, and have its ensemble chosen; return the sweep."""
    ended = processes.finish(client, sweep)
    ensemble = client.get(f"/v1/sweeps/{sweep}/ensemble").raise_for_status().json()
    assert len(ensemble["members"]) > 1
    return ended


Tables = Mapping[str, list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server without workers."""
    process = ServerProcess(tmp_path_factory.mktemp("usual") / "data")
    with running(process):
        yield process


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server without workers whose leases are short."""
    process = ServerProcess(tmp_path_factory.mktemp("impatient") / "data", lease_seconds=LEASE)
    with running(process):
        yield process


@pytest.fixture(scope="module")
def reference(server: ServerProcess) -> Tables:
    """The table of one undisturbed worker."""
    with running(WorkerProcess(server.address, "alone")):
        sweep = post_sweep(server.client, SWEEP)
        ended = finish(server.client, sweep)
    tables = result_tables(server.data, sweep)
    assert ended["state"] == "completed"
    assert len(tables["trials"]) == 32
    assert len(tables["models"]) == 10
    assert len(tables["ensembles"]) == 1
    assert len(tables["epochs"]) == sum(row[-2] for row in tables["trials"])
    return tables


def test_three_workers_leave_the_table_of_one(server: ServerProcess, reference: Tables) -> None:
    workers = [WorkerProcess(server.address, f"worker-{number}", slots=5) for number in range(3)]
    with running(*workers):
        sweep = post_sweep(server.client, SWEEP)
        finish(server.client, sweep)

    assert result_tables(server.data, sweep) == reference


@pytest.mark.large  # in small, tests/faults does this amid sweeps of every kind
def test_a_killed_worker_leaves_no_trace_in_the_table(impatient: ServerProcess, reference: Tables) -> None:
    client = impatient.client
    victim = WorkerProcess(impatient.address, "victim", slots=16)
    with running(victim):
        sweep = post_sweep(client, SWEEP)
        until(lambda: in_the_middle(client, sweep), "the victim is at work")
        victim.send(signal.SIGKILL)
        victim.wait()
        left = counts(client, sweep)
        assert left["running"] > 0, "the victim held nothing when it was killed"
        with running(WorkerProcess(impatient.address, "heir")):
            finish(client, sweep)

    assert result_tables(impatient.data, sweep) == reference
    assert queue_length(impatient.data) == 0


def test_a_killed_child_of_the_server_is_replaced(tmp_path: Path, reference: Tables) -> None:
    data = tmp_path / "data"
    server = ServerProcess(data, workers=1, slots=16)
    with running(server):
        sweep = post_sweep(server.client, SWEEP)
        for _ in range(2):
            until(lambda: counts(server.client, sweep)["running"] > 0, "a child is at work")
            (victim,) = until(server.children, "the server has a child")
            os.kill(victim, signal.SIGKILL)
            until(partial(gone, victim), "the child is gone")
        finish(server.client, sweep)

    assert result_tables(data, sweep) == reference


@pytest.mark.large  # in small, tests/faults does this amid sweeps of every kind
def test_a_killed_server_goes_on_from_its_file(tmp_path: Path, reference: Tables) -> None:
    data = tmp_path / "data"
    server = ServerProcess(data, workers=2, slots=8)
    with running(server):
        sweep = post_sweep(server.client, SWEEP)
        until(lambda: in_the_middle(server.client, sweep), "the sweep is in the middle")
        kill_with_children(server)
    assert queue_length(data) > 0, "nothing was left to do when the server was killed"
    again = ServerProcess(data, workers=2)
    with running(again):
        finish(again.client, sweep)

    assert result_tables(data, sweep) == reference


def test_a_worker_waits_for_its_killed_server_and_goes_on(tmp_path: Path, reference: Tables) -> None:
    data = tmp_path / "data"
    server = ServerProcess(data)
    worker = WorkerProcess(server.address, "faithful", slots=16)
    with running(server, worker):
        sweep = post_sweep(server.client, SWEEP)
        until(lambda: in_the_middle(server.client, sweep), "the sweep is in the middle")
        server.kill()
        left = queue_length(data)
        again = ServerProcess(data, port=server.port)
        with running(again):
            finish(again.client, sweep)
            assert worker.process.poll() is None

    assert left > 0, "nothing was left to do when the server was killed"
    assert result_tables(data, sweep) == reference


def test_a_worker_that_slept_through_its_lease_changes_nothing(impatient: ServerProcess, reference: Tables) -> None:
    client = impatient.client
    sleeper = WorkerProcess(impatient.address, "sleeper", slots=16)
    with running(sleeper):
        sweep = post_sweep(client, SWEEP)
        until(lambda: in_the_middle(client, sweep), "the sleeper is at work")
        sleeper.send(signal.SIGSTOP)
        until(lambda: counts(client, sweep)["running"] == 0, "its leases have run out")
        with running(WorkerProcess(impatient.address, "heir")):
            until(lambda: counts(client, sweep)["running"] > 0, "the heir is at work")
            sleeper.send(signal.SIGCONT)
            finish(client, sweep)
        assert sleeper.process.poll() is None, "a stale lease must not end a worker"

    assert result_tables(impatient.data, sweep) == reference


def test_a_worker_asked_to_stop_gives_its_trials_back_at_once(server: ServerProcess, reference: Tables) -> None:
    leaver = WorkerProcess(server.address, "leaver", slots=16)
    with running(leaver):
        sweep = post_sweep(server.client, SWEEP)
        until(lambda: in_the_middle(server.client, sweep), "the leaver is at work")
        leaver.send(signal.SIGTERM)
        assert leaver.wait() == 0
        after = counts(server.client, sweep)
        with running(WorkerProcess(server.address, "heir")):
            finish(server.client, sweep)

    assert after["running"] == 0
    assert after["queued"] > 0
    assert result_tables(server.data, sweep) == reference
