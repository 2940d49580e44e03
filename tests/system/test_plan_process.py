"""The process of plans lives with its server: one, which is replaced when it dies, and leaves nothing behind."""

import os
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.system.processes import ServerProcess, finish, gone, post_sweep, running, until
from tests.system.tables import result_tables

SWEEP: dict[str, Any] = {
    "name": "learning",
    "dataset": "iris",
    "seed": 3,
    "space": {
        "learning_rate": {"kind": "float", "low": 1e-3, "high": 1.0, "scale": "log"},
        "l2": {"kind": "float", "low": 1e-4, "high": 1.0, "scale": "log"},
    },
    "fixed": {"epochs": 4, "hidden_units": [4]},
    "sampler": {"kind": "gp", "batch": 4},
    "budget": {"trials": 24},
}


def planner(server: ServerProcess) -> int:
    """Return the only process of plans of a server, once it is there."""
    (found,) = until(server.planners, "the server has a process of plans")
    return int(found)


def sockets(process: int) -> list[Path]:
    """Return the sockets that a process has open."""
    links = [link.readlink() for link in Path(f"/proc/{process}/fd").iterdir()]
    return [link for link in links if link.name.startswith("socket:")]


def kill_planner(server: ServerProcess, sweep: str, drawn: int) -> None:
    """Kill the process of plans once more than `drawn` trials of the sweep were drawn."""
    victim = planner(server)
    until(lambda: server.client.get(f"/v1/sweeps/{sweep}").json()["used"]["trials"] > drawn, "the sweep learns")
    assert sockets(victim) == []
    os.kill(victim, signal.SIGKILL)
    until(lambda: not Path(f"/proc/{victim}").exists(), "the server has waited for it")


def tables_of(server: ServerProcess, kills: Sequence[int]) -> Mapping[str, list[tuple[Any, ...]]]:
    """Return what the sweep left where the process was killed once so many trials were drawn, and again."""
    sweep = post_sweep(server.client, SWEEP)
    for drawn in kills:
        kill_planner(server, sweep, drawn)
    assert finish(server.client, sweep)["state"] == "completed"
    return result_tables(server.data, sweep)


def test_a_sweep_that_learns_is_the_same_though_its_process_of_plans_is_killed(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "data", workers=1)
    with running(server):
        assert tables_of(server, [4, 12]) == tables_of(server, [])


@pytest.mark.parametrize("end", [ServerProcess.kill, ServerProcess.stop])
def test_it_is_not_there_before_a_sweep_learns_and_ends_with_the_server(
    tmp_path: Path, end: Callable[[ServerProcess], None]
) -> None:
    server = ServerProcess(tmp_path / "data")
    with running(server):
        post_sweep(server.client, {**SWEEP, "sampler": {"kind": "random"}})
        assert server.planners() == []
        post_sweep(server.client, SWEEP)
        process = planner(server)
        end(server)
        until(lambda: gone(process), "it ends with its server")
