"""A server behind a proxy that keeps a journal, workers that are replaced when they die, and sweeps of every kind."""

import signal
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from app.planning.blame import FATAL_LOSSES
from tests.faults.journal import journalling
from tests.system.processes import LONG_PATIENCE, ServerProcess, WorkerProcess, finish, post_sweep, running, until
from tests.system.tables import result_tables

SPACE = {
    "learning_rate": {"kind": "float", "low": 1e-4, "high": 0.3, "scale": "log"},
    "hidden_units": {"kind": "choice", "values": [[32], [64, 32]]},
}
SWEEPS: Mapping[str, dict[str, Any]] = {
    "plain": {"dataset": "digits", "seed": 1, "space": SPACE, "fixed": {"epochs": 20}, "budget": {"trials": 40}},
    "rounds": {
        "dataset": "digits",
        "seed": 2,
        "space": SPACE,
        "fixed": {"epochs": 27},
        "scheduler": {"kind": "successive_halving"},
        "budget": {"trials": 40},
    },
    "replicates": {
        "dataset": "iris",
        "seed": 3,
        "space": SPACE,
        "fixed": {"epochs": 30},
        "replicates": 3,
        "confirm": {"leaders": 3, "replicates": 2},
        "budget": {"trials": 20},
    },
}
"""Rounds and checkpoints, replicates and confirmations, and one with neither; models of all are kept."""

FAST_LEASE = 2.0


@dataclass
class Field:
    """A server behind a proxy that keeps a journal, and workers that are replaced when they die."""

    data: Path
    lease_seconds: float
    server: ServerProcess = field(init=False)
    address: str = field(init=False)
    crew: list[WorkerProcess] = field(default_factory=list)
    killed: dict[str, float] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)
    _names: Iterator[int] = field(default_factory=count)

    @property
    def journal(self) -> Path:
        """The file of what the clients were told."""
        return self.data.parent / "journal.jsonl"

    def start(self, workers: int) -> None:
        """Start the server, its proxy and workers."""
        self.server = ServerProcess(self.data, lease_seconds=self.lease_seconds)
        self.address = self._stack.enter_context(journalling(self.server.address, self.journal))
        self.crew = [self._worker() for _ in range(workers)]

    def stop(self) -> None:
        """Stop all that was started."""
        with running(self.server):
            self._stack.close()

    def kill_worker(self, place: int) -> None:
        """Kill a worker and start another one in its place."""
        worker = self.crew[place]
        worker.send(signal.SIGKILL)
        worker.wait()
        self.killed[worker.name] = time.time()
        self.crew[place] = self._worker()

    def kill_server(self) -> None:
        """Kill the server, and start it again on its port."""
        self.server.kill()
        self.server = ServerProcess(self.data, lease_seconds=self.lease_seconds, port=self.server.port)

    def _worker(self) -> WorkerProcess:
        worker = WorkerProcess(self.address, f"worker-{next(self._names)}", slots=16)
        self._stack.enter_context(running(worker))
        return worker


@contextmanager
def under_fire(data: Path, lease_seconds: float, workers: int = 3) -> Iterator[Field]:
    """Yield a server and workers that can be killed."""
    scene = Field(data, lease_seconds)
    scene.start(workers)
    try:
        yield scene
    finally:
        scene.stop()


COMPARED = ("trials", "epochs", "replicates", "models")
"""Decisions are left out: pauses of a user are none of a plan."""


def left_alone(scene: Field, client: httpx.Client, spec: dict[str, Any]) -> dict[str, Any]:
    """Return the tables of a sweep while nobody is killed."""
    sweep = post_sweep(client, spec)
    finish(scene.server.client, sweep, LONG_PATIENCE)
    found = result_tables(scene.data, sweep)
    return {part: found[part] for part in COMPARED}


def runs(client: httpx.Client, sweep: str) -> bool:
    """Return whether a sweep has not ended."""
    return state_of(client, sweep) in {"running", "paused"}


def state_of(client: httpx.Client, sweep: str) -> str:
    """Return the state of a sweep, once the server answers."""
    answer = until(lambda: _answered(client, sweep), "the server answers")
    return str(answer.json()["state"])


def _answered(client: httpx.Client, sweep: str) -> httpx.Response | None:
    answer = client.get(f"/v1/sweeps/{sweep}")
    return answer if answer.status_code == 200 else None


def resume(client: httpx.Client, sweep: str) -> None:
    """Let a sweep go on that a lost answer may have left paused."""
    if state_of(client, sweep) == "paused":
        client.post(f"/v1/sweeps/{sweep}/resume").raise_for_status()


def victims(scene: Field) -> list[int]:
    """Return the places of workers that may be killed: none that tries a run alone which was lost that way twice.

    A third time would make it fail, and nobody could tell who kills by chance from a run that does.
    """
    with closing(sqlite3.connect(f"file:{scene.data / 'logsweep.db'}?mode=ro", uri=True)) as db:
        on_trial = "SELECT worker FROM runs WHERE state = 'running' AND alone_losses >= ?"
        spared = {name for (name,) in db.execute(on_trial, (FATAL_LOSSES - 1,))}
    return [place for place, worker in enumerate(scene.crew) if worker.name not in spared]


def holders(scene: Field) -> list[tuple[str, int]]:
    """Return for each run that is held by whom, and how often it was lost without getting further since then."""
    with closing(sqlite3.connect(f"file:{scene.data / 'logsweep.db'}?mode=ro", uri=True)) as db:
        return db.execute("SELECT worker, losses FROM runs WHERE state = 'running'").fetchall()
