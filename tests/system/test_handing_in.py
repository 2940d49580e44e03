"""What the API accepts at the post it can finish: many large models at once, and a server that is away meanwhile."""

import sqlite3
from contextlib import closing
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

LARGE: dict[str, Any] = {
    "name": "large networks that end together",
    "dataset": "digits",
    "seed": 1,
    "space": {"learning_rate": {"kind": "float", "low": 1e-4, "high": 1e-2, "scale": "log"}},
    "fixed": {"hidden_units": [1024, 1024], "epochs": 1, "batch_size": "full"},
}
SHORT: dict[str, Any] = {
    "name": "short epochs",
    "dataset": "iris",
    "seed": 2,
    "space": {"learning_rate": {"kind": "float", "low": 1e-4, "high": 0.1, "scale": "log"}},
    "fixed": {"hidden_units": [4], "epochs": 4000},
    "budget": {"trials": 8},
}


def begun(client: httpx.Client, sweep: str) -> list[int]:
    """Return the trials of which an epoch was reported."""
    trials = client.get(f"/v1/sweeps/{sweep}/trials").raise_for_status().json()["items"]
    return [trial["number"] for trial in trials if trial["epochs"] > 0]


def attempts(data: Path) -> int:
    """Return how many holds of workers have ended."""
    with closing(sqlite3.connect(f"file:{data / 'logsweep.db'}?mode=ro", uri=True)) as connection:
        return int(connection.execute("SELECT count(*) FROM attempts").fetchone()[0])


@pytest.mark.parametrize("models", [16, pytest.param(64, marks=pytest.mark.large)])
def test_large_models_that_end_together_are_all_handed_in(tmp_path: Path, models: int) -> None:
    data = tmp_path / "data"
    server = ServerProcess(data)
    worker = WorkerProcess(server.address, "one", slots=64)
    with running(server, worker):
        sweep = post_sweep(server.client, {**LARGE, "budget": {"trials": models}, "keep_models": models})
        ended = finish(server.client, sweep, LONG_PATIENCE)
        assert worker.process.poll() is None
    assert ended["counts"]["completed"] == models
    assert len(result_tables(data, sweep)["models"]) == models
    assert attempts(data) == models, "each trial was held once"


def outage(tmp_path: Path, seconds: float, epochs: int) -> None:
    """Take the server away for a time in the middle of short epochs; the table is that of an undisturbed sweep."""
    spec = {**SHORT, "fixed": {**SHORT["fixed"], "epochs": epochs}}
    data = tmp_path / "data"
    server = ServerProcess(data)
    worker = WorkerProcess(server.address, "faithful")
    with running(server, worker):
        undisturbed = post_sweep(server.client, spec)
        finish(server.client, undisturbed, LONG_PATIENCE)
        reference, before = result_tables(data, undisturbed), attempts(data)
        sweep = post_sweep(server.client, spec)
        # Not only leased: a worker that the answer to its claim did not reach knows of nothing to hold on to.
        until(lambda: len(begun(server.client, sweep)) == 8, "all trials are in training")
        server.kill()
        worker.require_life(seconds)
        again = ServerProcess(data, port=server.port)
        with running(again):
            finish(again.client, sweep, LONG_PATIENCE)
            assert worker.process.poll() is None, "the outage ended the worker"
    assert result_tables(data, sweep) == reference
    assert attempts(data) == before + 8, "each trial was held once"


def test_a_server_away_in_the_middle_of_short_epochs_loses_nothing(tmp_path: Path) -> None:
    outage(tmp_path, seconds=3.0, epochs=1000)


@pytest.mark.large
def test_a_server_away_for_five_minutes_in_the_middle_of_short_epochs_loses_nothing(tmp_path: Path) -> None:
    outage(tmp_path, seconds=300.0, epochs=100_000)


@pytest.mark.large
def test_one_network_of_fifty_million_weights_is_handed_in(tmp_path: Path) -> None:
    data = tmp_path / "data"
    server = ServerProcess(data, workers=1)
    with running(server):
        widths = [16_384, 2_960]
        sweep = post_sweep(
            server.client,
            {**LARGE, "fixed": {**LARGE["fixed"], "hidden_units": widths}, "budget": {"trials": 1}, "keep_models": 1},
        )
        ended = finish(server.client, sweep, LONG_PATIENCE)
        model = server.client.get(f"/v1/sweeps/{sweep}/trials/0/model", params={"format": "npz"})
    assert ended["counts"]["completed"] == 1
    assert model.status_code == 200
    weights = 65 * widths[0] + (widths[0] + 1) * widths[1] + (widths[1] + 1) * 10
    assert 49_500_000 < weights <= 50_000_000
    assert len(model.content) > 4 * weights
