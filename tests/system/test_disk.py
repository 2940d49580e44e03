"""Disks that are full, and power that fails, at every write of a sweep: what was answered for is there, to the bit."""

import json
import random
import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.planning import StandardPolicy
from app.storage import FILE, SqliteStorage
from tests.app.api.serving import Trainer, serving, when_ended
from tests.app.api.training import train_all
from tests.app.storage.auditor import audit
from tests.disk.recording import Cuts, Step, put, steps_of
from tests.disk.shim import Disk, disk_of
from tests.system.processes import ServerProcess, post_sweep, running, until
from tests.system.tables import result_tables

SWEEP: dict[str, Any] = {
    "dataset": "iris",
    "seed": 7,
    "space": {"learning_rate": {"kind": "float", "low": 1e-3, "high": 0.3, "scale": "log"}},
    "fixed": {"epochs": 3, "hidden_units": [4]},
    "budget": {"trials": 6},
    "keep_models": 2,
    "pool": 2,
}
Tables = Mapping[str, list[tuple[Any, ...]]]


class Persistent(httpx.BaseTransport):
    """Sends a request again until the server can store what it asks, as workers do."""

    def __init__(self) -> None:
        self._plain = httpx.HTTPTransport()
        self.refused = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the first answer that is none of a disk in trouble."""
        request.read()
        answer: httpx.Response = until(lambda: self._answer(request), "the server has room")
        return answer

    def _answer(self, request: httpx.Request) -> httpx.Response | None:
        answer = self._plain.handle_request(request)
        if answer.status_code not in {503, 507}:
            return answer
        answer.read()
        assert answer.headers["content-type"] == "application/problem+json"
        self.refused += 1
        return None

    def close(self) -> None:
        """Close the connections."""
        self._plain.close()


@contextmanager
def persistent(server: ServerProcess) -> Iterator[tuple[httpx.Client, Persistent]]:
    transport = Persistent()
    with httpx.Client(base_url=server.address, timeout=30.0, transport=transport) as client:
        yield client, transport


@dataclass(frozen=True)
class Served:
    """A server whose disk the tests have in hand, and an undisturbed sweep of it as it was recorded."""

    server: ServerProcess
    disk: Disk
    sweep: str
    steps: Sequence[Step]
    tables: Tables
    writes: int
    """How many writes the sweep took."""


def do_sweep(client: httpx.Client) -> str:
    """Run the sweep with one trainer that trains two runs at a time; return its id."""
    sweep = post_sweep(client, SWEEP)
    trainer = Trainer(client)
    for _ in range(SWEEP["budget"]["trials"] // 2):
        # A plan that found no room is tried again, and until then there may be nothing to train.
        trained = until(lambda: train_all(client, trainer, 2), "there are runs to train")
        assert len(trained) == 2
    assert when_ended(client, sweep)["state"] == "completed"
    return sweep


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The server, after its first sweep."""
    top = tmp_path_factory.mktemp("disk")
    with disk_of(top / "data", top, recorded=True) as disk:
        server = ServerProcess(top / "data", variables=disk.environment())
        with running(server):

            def note(answer: httpx.Response) -> None:
                if answer.is_success and answer.request.method in {"POST", "PUT"}:
                    answer.read()
                    about = {"path": answer.request.url.path, "answer": answer.text}
                    disk.mark(json.dumps(about).encode())

            server.client.event_hooks["response"].append(note)
            before = disk.writes
            sweep = do_sweep(server.client)
            assert disk.record is not None
            tables = result_tables(top / "data", sweep)
            assert len(tables["trials"]) == 6
            assert len(tables["models"]) == 2
            yield Served(server, disk, sweep, steps_of(disk.record), tables, disk.writes - before)
        with closing(sqlite3.connect(top / "data" / FILE)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def fill_and_go_on(served: Served, at: int, attempts: int) -> int:
    """Let the disk be full at that write of the sweep, for so many attempts to write; it ends as if it had not been.

    Return how many requests were refused: what the server writes of its own, it tries again by itself.
    """
    with persistent(served.server) as (client, transport):
        first = served.disk.writes + at
        served.disk.fill(first, first + attempts)
        sweep = do_sweep(client)
        served.disk.make_room()  # the last writes of a sweep are followed by none that would use the attempts up
        until(lambda: client.get("/readyz").is_success, "the server is ready again")
    assert result_tables(served.server.data, sweep) == served.tables
    return transport.refused


def test_a_disk_that_is_full_for_a_while_at_some_write_of_a_sweep_changes_no_bit(served: Served) -> None:
    places = range(1, served.writes, served.writes // 3)
    assert sum(fill_and_go_on(served, at, (30, 7, 1)[number % 3]) for number, at in enumerate(places))


@pytest.mark.large
def test_a_disk_that_is_full_at_every_write_of_a_sweep_changes_no_bit(served: Served) -> None:
    assert sum(fill_and_go_on(served, at, (1, 7, 30)[at % 3]) for at in range(1, served.writes + 1))


def test_a_server_is_not_ready_while_its_disk_is_full_and_recovers_by_itself(served: Served) -> None:
    client = served.server.client
    served.disk.fill()
    assert client.post("/v1/sweeps", json=SWEEP).status_code == 507
    assert client.get("/readyz").status_code == 503
    assert "no room" in client.get("/readyz").json()["detail"]
    assert client.get("/healthz").status_code == 200
    assert client.get(f"/v1/sweeps/{served.sweep}").json()["state"] == "completed"
    served.disk.make_room()
    until(lambda: client.get("/readyz").is_success, "the server is ready again")
    with persistent(served.server) as (patient, _):
        assert result_tables(served.server.data, do_sweep(patient)) == served.tables


def require_answers_kept(data: Path, answers: Sequence[bytes], tables: Tables) -> None:
    """Require that a folder has all that clients were told: sweeps, fences of leases, results, models that stayed."""
    with closing(sqlite3.connect(f"file:{data / FILE}?mode=ro", uri=True)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        audit(connection.execute)
        sweeps = {row[0] for row in connection.execute("SELECT id FROM sweeps")}
        runs = {row[0]: row[1:] for row in connection.execute("SELECT key, fence, state, value, trial FROM runs")}
        here = {row[0] for row in connection.execute("SELECT sha256 FROM artifacts WHERE state = 'here'")}
    values = {row[0]: row[4] for row in tables["trials"]}
    kept = {sha256(weights).hexdigest() for *_, weights in tables["models"]}
    for about in map(json.loads, answers):
        answer = json.loads(about["answer"])
        if about["path"] == "/v1/sweeps":
            assert answer["id"] in sweeps
        for run in answer.get("runs", ()) if about["path"].endswith("/claim") else ():
            assert runs[run["lease"]["run"]][0] >= run["lease"]["fence"]
        for receipt in answer["items"] if about["path"].endswith("/finish") else ():
            assert receipt["outcome"] == "recorded"
            _, state, value, trial = runs[receipt["lease"]["run"]]
            assert (state, value) == ("completed", values[trial])
        sent = about["path"].removeprefix("/v1/work/artifacts/")
        assert sent not in kept or sent in here


def require_sound(cuts: Cuts, served: Served, place: Path, chance: random.Random, *, to_end: bool = False) -> None:
    """Require that our storage opens what a cut left, whichever way, and finds all that was answered for."""
    for name, files in {"killed": cuts.killed(), "lost": cuts.lost(), "torn": cuts.torn(chance)}.items():
        data = put(files, served.server.data, place / f"{cuts.done}-{name}")
        SqliteStorage(data, StandardPolicy()).close()
        require_answers_kept(data, cuts.answered(), served.tables)
        if to_end and any(b'"/v1/sweeps"' in answer for answer in cuts.answered()):
            assert go_on_to_the_end(data, served.sweep) == served.tables
        shutil.rmtree(data)


def go_on_to_the_end(data: Path, sweep: str) -> Tables:
    """Finish the sweep in a folder; return its tables."""
    with serving(data, lease_seconds=1.0) as (client, _):
        trainer = Trainer(client)
        while client.get(f"/v1/sweeps/{sweep}").json()["state"] == "running":
            train_all(client, trainer, 2)
    return result_tables(data, sweep)


def test_power_that_fails_at_some_steps_of_a_sweep_takes_nothing_that_was_answered_for(
    served: Served, tmp_path: Path
) -> None:
    cuts, chance = Cuts(served.steps), random.Random(1)  # noqa: S311 - it tears writes, no secrets
    for number in range(1, len(served.steps), len(served.steps) // 6):
        cuts.go_to(number)
        require_sound(cuts, served, tmp_path, chance)


def test_a_sweep_that_lost_its_power_goes_on_to_the_same_bits(served: Served, tmp_path: Path) -> None:
    cuts, chance = Cuts(served.steps), random.Random(2)  # noqa: S311 - it tears writes, no secrets
    cuts.go_to(len(served.steps) * 2 // 3)
    require_sound(cuts, served, tmp_path, chance, to_end=True)


@pytest.mark.large
def test_power_that_fails_at_every_step_of_a_sweep_takes_nothing_that_was_answered_for(
    served: Served, tmp_path: Path
) -> None:
    cuts, chance = Cuts(served.steps), random.Random(3)  # noqa: S311 - it tears writes, no secrets
    for number in range(1, len(served.steps) + 1):
        cuts.go_to(number)
        require_sound(cuts, served, tmp_path / "cuts", chance, to_end=number % 40 == 0)
