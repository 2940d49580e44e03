"""Workers are killed at random, again and again: no innocent trial fails, and the table is as if nobody had died."""

import os
import random
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.system.processes import ServerProcess, finish, post_sweep, running, until
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


def survive(tmp_path: Path, kills: int, trials: int, seed: int) -> None:
    """Kill children of the server at random moments while a sweep runs; compare with one that was left alone."""
    spec = {**SWEEP, "budget": {"trials": trials}}
    undisturbed = ServerProcess(tmp_path / "reference", workers=2)
    with running(undisturbed):
        sweep = post_sweep(undisturbed.client, spec)
        finish(undisturbed.client, sweep)
    reference = result_tables(tmp_path / "reference", sweep)

    chance, data, done = random.Random(seed), tmp_path / "data", 0  # noqa: S311 - it picks victims, no secrets
    server = ServerProcess(data, workers=2, slots=16)
    with running(server):
        client = server.client
        sweep = post_sweep(client, spec)
        while done < kills and client.get(f"/v1/sweeps/{sweep}").json()["state"] == "running":
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


def test_no_innocent_trial_fails_under_random_kills(tmp_path: Path) -> None:
    survive(tmp_path, kills=12, trials=300, seed=1)


@pytest.mark.large
def test_no_innocent_trial_fails_under_five_hundred_random_kills(tmp_path: Path) -> None:
    survive(tmp_path, kills=500, trials=20_000, seed=2)
