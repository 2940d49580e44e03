"""However a server is asked to stop, `logsweep.db` alone has everything that it has answered for."""

import shutil
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.storage import FILE
from tests.system.processes import PATIENCE, ServerProcess, counts, gone, in_the_middle, post_sweep, running, until

SWEEP: dict[str, Any] = {
    "dataset": "iris",
    "seed": 7,
    "space": {"learning_rate": {"kind": "float", "low": 1e-4, "high": 0.3, "scale": "log"}},
    "fixed": {"epochs": 20, "hidden_units": [4]},
    "budget": {"trials": 5000},
}


def reading(data: Path) -> sqlite3.Connection:
    """Open the file beside the server; SQLite's locks are those of processes, and this is another one."""
    return sqlite3.connect(f"file:{data / FILE}?mode=ro", uri=True)


def completed_alone(data: Path) -> int:
    """Return the completed trials of the file without what lies beside it."""
    copy = data.parent / "alone.db"
    shutil.copyfile(data / FILE, copy)
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        (count,) = connection.execute("SELECT count(*) FROM trials WHERE state = 'completed'").fetchone()
    return int(count)


IMPATIENT = [signal.SIGHUP, signal.SIGINT, signal.SIGINT, signal.SIGTERM, signal.SIGTERM]


@pytest.mark.parametrize("numbers", [[signal.SIGTERM], IMPATIENT], ids=["once", "again and again"])
def test_the_file_alone_has_everything_after_a_stop_amid_the_work(
    tmp_path: Path, numbers: list[signal.Signals]
) -> None:
    server = ServerProcess(tmp_path / "data", workers=1)
    with running(server), closing(reading(tmp_path / "data")) as other:
        sweep = post_sweep(server.client, SWEEP)
        until(lambda: in_the_middle(server.client, sweep), "some trials are done")
        assert other.execute("SELECT count(*) FROM sweeps").fetchone() == (1,)
        told = counts(server.client, sweep)["completed"]
        for number in numbers:
            server.process.send_signal(number)
            server.require_life(0.0)
        assert server.process.wait(PATIENCE) == 0
        assert completed_alone(tmp_path / "data") >= told > 0


def test_a_server_whose_writer_a_fault_has_ended_ends_with_a_sentence_and_another_one_goes_on(tmp_path: Path) -> None:
    doomed = ServerProcess(tmp_path / "data", workers=1, module="tests.system.doomed_server")
    with running(doomed):
        sweep = post_sweep(doomed.client, SWEEP)
        until(lambda: in_the_middle(doomed.client, sweep), "some trials are done")
        told, (worker,) = counts(doomed.client, sweep)["completed"], doomed.children()
        answer = doomed.client.post("/v1/sweeps", json=SWEEP | {"name": "doomed"})
        assert (answer.status_code, answer.json()["detail"][:23]) == (503, "The thread that writes ")
        assert doomed.process.wait(PATIENCE) == 1
        assert gone(worker)
    last = doomed.log.read_text().splitlines()[-1]
    assert last.startswith(
        "The server ended by a fault of its own: the thread storage-writer ended by PanicError: the "
    )
    other = ServerProcess(tmp_path / "data")
    with running(other):
        assert counts(other.client, sweep)["completed"] >= told > 0
        assert other.client.get("/readyz").is_success
