"""A server and its workers for twenty minutes: sweeps are trained, read and deleted, and nothing of them stays."""

import os
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.system.processes import LONG_PATIENCE, ServerProcess, child_ids, running, until

pytestmark = pytest.mark.large

SECONDS = float(os.environ.get("LOGSWEEP_SOAK_SECONDS", "1200"))
FEW, MANY = 10_000, int(os.environ.get("LOGSWEEP_SOAK_TRIALS", "100000"))
EACH = 2_000
"""Trials of a sweep."""

FEEDS = 20
GROWTH = 1.1

POOLED = 10
"""Threads that pools may have gained, which grow with what comes at once; a leak has one a sweep, 45 of them.

Of 14 to 19 of the server three to six answer clients (AnyIO's, which end after 10 s without work), two to four answer
workers (those of `app.api.work`). The others are as many from the start on: the main one, the writer's, its log's, two
of the planner, the reaper's, the one that tells what is done, and one for each worker process.
"""

SWEEP: dict[str, Any] = {
    "dataset": "iris",
    "space": {"learning_rate": {"kind": "float", "low": 1e-3, "high": 1.0, "scale": "log"}},
    "fixed": {"hidden_units": [], "epochs": 1},
    "budget": {"trials": EACH},
}


@dataclass(frozen=True)
class Held:
    """What processes hold: megabytes and threads of each, descriptors of the server, and temporary files.

    Connections to the database are kept up to a number, and those of workers are told apart: neither counts.
    """

    megabytes: list[float]
    threads: list[int]
    descriptors: int
    children: int
    temporary: list[str]


def test_nothing_of_a_hundred_thousand_trials_stays_once_their_sweeps_are_deleted(tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    server = ServerProcess(tmp_path / "data", workers=2, variables={"TMPDIR": str(temporary)})
    with running(server):
        start, trials, early = time.monotonic(), 0, None
        while trials < MANY or time.monotonic() < start + SECONDS:
            live_through(server, seed=trials)
            trials += EACH
            if trials == FEW:
                early = settled(server, temporary)
        late = settled(server, temporary)
    assert early is not None
    print(f"{trials:,} trials in {time.monotonic() - start:.0f} s\n{early}\n{late}")  # noqa: T201 - a report's figures
    assert all(last <= GROWTH * first for first, last in zip(early.megabytes, late.megabytes, strict=True))
    assert late.descriptors <= early.descriptors
    assert late.children == early.children
    assert all(last <= first + POOLED for first, last in zip(early.threads, late.threads, strict=True))
    assert late.temporary == early.temporary


def live_through(server: ServerProcess, seed: int) -> None:
    """Post a sweep, follow it by feeds that are dropped in the middle, read what it found, and delete it."""
    sweep = server.client.post("/v1/sweeps", json={**SWEEP, "seed": seed}).raise_for_status().json()["id"]
    with ExitStack() as feeds:
        for _ in range(FEEDS):
            client = feeds.enter_context(httpx.Client(base_url=server.address, timeout=30.0))
            next(feeds.enter_context(client.stream("GET", f"/v1/sweeps/{sweep}/events")).iter_raw())
    until(lambda: _ended(server.client, sweep), "the sweep ends", LONG_PATIENCE)
    page = f"/v1/sweeps/{sweep}/trials"
    for query in ({"sort": "value"}, {"sort": "-param.learning_rate"}, {"where": "dev_error<0.5", "limit": "500"}):
        server.client.get(page, params=query).raise_for_status()
    best = server.client.get(f"/v1/sweeps/{sweep}/best").raise_for_status().json()["number"]
    for rest in ("analysis", "charts/progress", "trials/0/curve", f"trials/{best}/model", "why"):
        server.client.get(f"/v1/sweeps/{sweep}/{rest}").raise_for_status()
    server.client.delete(f"/v1/sweeps/{sweep}").raise_for_status()


def _ended(client: httpx.Client, sweep: str) -> bool:
    found = client.get(f"/v1/sweeps/{sweep}", params={"wait": 20}).raise_for_status().json()
    return bool(found["state"] == "completed")


def settled(server: ServerProcess, temporary: Path) -> Held:
    """Return what is held once all connections but those of the workers and the client here are closed."""
    workers = server.children()
    most = len(workers) * 3 + 2  # a worker asks, tells and hands in side by side
    until(lambda: _sockets(server.process.pid) <= most, "the dropped feeds are closed")
    every = [server.process.pid, *workers]
    return Held(
        [_status(one, "VmRSS") / 1e3 for one in every],
        [_status(one, "Threads") for one in every],
        _other_descriptors(server.process.pid),
        len(child_ids(server.process.pid)),
        sorted(str(one.relative_to(temporary)) for one in temporary.rglob("*")),
    )


def _status(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(f"{name}:")).split()[1])


def _other_descriptors(pid: int) -> int:
    opened = [one.readlink().name for one in Path(f"/proc/{pid}/fd").iterdir()]
    return sum(not name.startswith(("socket:", "logsweep.db")) for name in opened)


def _sockets(pid: int) -> int:
    return sum(str(one.readlink()).startswith("socket:") for one in Path(f"/proc/{pid}/fd").iterdir())
