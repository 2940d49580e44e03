"""However a server is asked to stop, `logsweep.db` alone has everything that it has answered for."""

import shutil
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.storage import FILE
from tests.system.processes import PATIENCE, ServerProcess, counts, in_the_middle, post_sweep, running, until

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
