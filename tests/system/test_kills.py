"""Workers are killed at random, again and again: no innocent trial fails, and the table is as if nobody had died."""

import os
import random
import signal
from collections.abc import Mapping
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.system.processes import (
    LONG_PATIENCE,
    ServerProcess,
    WorkerProcess,
    finish,
    post_sweep,
    running,
    until,
)
from tests.system.tables import result_tables

SWEEP: dict[str, Any] = {
    "name": "under fire",
    "dataset": "digits",
    "seed": 23,
    "space": {
        "learning_rate": {"kind": "float", "low": 1e-4, "high": 0.3, "scale": "log"},
        "optimizer": {"kind": "choice", "values": ["momentum", "adam"]},
        "hidden_units": {"kind": "choice", "values": [[32], [64, 32]]},
        "epochs": {"kind": "int", "low": 5, "high": 40, "scale": "log"},
    },
}


Tables = Mapping[str, list[tuple[Any, ...]]]


def is_running(client: httpx.Client, sweep: str) -> bool:
    """Return whether a sweep runs."""
    return bool(client.get(f"/v1/sweeps/{sweep}").raise_for_status().json()["state"] == "running")


def undisturbed(server: ServerProcess, spec: dict[str, Any]) -> Tables:
    """Return the tables of a sweep that is left alone."""
    sweep = post_sweep(server.client, spec)
    finish(server.client, sweep, LONG_PATIENCE)
    return result_tables(server.data, sweep)


def survive(tmp_path: Path, kills: int, trials: int, seed: int) -> None:
    """Kill children of the server at random moments while a sweep runs; compare with one that was left alone."""
    spec = {**SWEEP, "budget": {"trials": trials}}
    chance, data, done = random.Random(seed), tmp_path / "data", 0  # noqa: S311 - it picks victims, no secrets
    server = ServerProcess(data, workers=2, slots=16)
    with running(server):
        client = server.client
        reference = undisturbed(server, spec)
        sweep = post_sweep(client, spec)
        while done < kills and is_running(client, sweep):
            victim = chance.choice(until(server.children, "the server has a child"))
            server.require_life(chance.uniform(0.0, 1.0))
            try:
                os.kill(victim, signal.SIGKILL)
            except ProcessLookupError:
                continue  # it had died meanwhile
            done += 1
        ended = finish(client, sweep)
    assert done == kills, "the sweep ended before all kills were done: give it more trials"
    assert ended["counts"]["failed"] == 0
    assert result_tables(data, sweep) == reference


@pytest.mark.large  # in small, tests/faults does all of this together
def test_no_innocent_trial_fails_under_random_kills(tmp_path: Path) -> None:
    survive(tmp_path, kills=5, trials=120, seed=1)


def survive_among_others(tmp_path: Path, kills: int, trials: int, seed: int) -> None:
    """Kill workers that are replaced at once, in as many sweeps as it takes; compare with one that was left alone.

    The server's own would be started again ever later, up to half a minute after each death.
    """
    spec = {**SWEEP, "budget": {"trials": trials}}
    chance, data, done = random.Random(seed), tmp_path / "data", 0  # noqa: S311 - it picks victims, no secrets
    server = ServerProcess(data, lease_seconds=1.0)
    with ExitStack() as stack:
        stack.enter_context(running(server))

        def worker() -> WorkerProcess:
            started = WorkerProcess(server.address, f"worker-{next(numbers)}", slots=16)
            stack.enter_context(running(started))
            return started

        numbers = count()
        crew = [worker(), worker()]
        reference = undisturbed(server, spec)
        while done < kills:
            sweep = post_sweep(server.client, spec)
            while done < kills and is_running(server.client, sweep):
                server.require_life(chance.uniform(0.0, 2.0))
                place = chance.randrange(len(crew))
                crew[place].send(signal.SIGKILL)
                crew[place].wait()
                crew[place] = worker()
                done += 1
            ended = finish(server.client, sweep, LONG_PATIENCE)
            assert ended["counts"]["failed"] == 0
            assert result_tables(data, sweep) == reference


@pytest.mark.large
def test_no_innocent_trial_fails_under_five_hundred_random_kills(tmp_path: Path) -> None:
    survive_among_others(tmp_path, kills=500, trials=4000, seed=2)
