"""Backups of a server at work, as a person takes them: what is restored goes on to the same table."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from app.storage import FILE
from tests.system.processes import (
    PATIENCE,
    ServerProcess,
    counts,
    finish,
    in_the_middle,
    post_sweep,
    running,
    until,
)
from tests.system.tables import result_tables

SWEEP: dict[str, Any] = {
    "dataset": "iris",
    "seed": 7,
    "space": {"learning_rate": {"kind": "float", "low": 1e-4, "high": 0.3, "scale": "log"}},
    "fixed": {"epochs": 10, "hidden_units": [4]},
    "budget": {"trials": 150},
}


def logsweep(*options: str | Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "app.cli", *map(str, options)]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)


def test_a_backup_amid_the_work_is_restored_and_goes_on_to_the_same_table(tmp_path: Path) -> None:
    data, copy, other = tmp_path / "data", tmp_path / "copy.db", tmp_path / "other"
    server = ServerProcess(data, workers=1, slots=16)
    with running(server):
        sweep = post_sweep(server.client, SWEEP)
        until(lambda: in_the_middle(server.client, sweep), "some trials are done")
        told = counts(server.client, sweep)["completed"]
        taken = logsweep("backup", copy, "--server", server.address)
        assert (taken.returncode, taken.stderr) == (0, "")
        assert f"Wrote {copy}: 1 sweep, 150 trials, {copy.stat().st_size:,} bytes, checked." in taken.stdout
        again = logsweep("backup", copy, "--server", server.address)
        locked = logsweep("backup", tmp_path / "no.db", "--data", data)
        in_use = logsweep("restore", copy, "--data", data)
        finish(server.client, sweep)
    restored = logsweep("restore", copy, "--data", other)
    assert (restored.returncode, restored.stderr) == (0, "")
    late = ServerProcess(other, workers=1, slots=16)
    with running(late):
        assert counts(late.client, sweep)["completed"] >= told > 0
        finish(late.client, sweep)

    assert result_tables(other, sweep) == result_tables(data, sweep)
    assert [one.returncode for one in (again, locked, in_use)] == [1, 1, 1]
    assert "overwrites nothing" in again.stderr
    assert "--server" in locked.stderr
    assert "Stop it first" in in_use.stderr
    assert not list(tmp_path.glob("**/*.partial*"))


def test_a_folder_at_rest_is_backed_up_and_restored_over_without_losing_what_was_there(tmp_path: Path) -> None:
    data, copy = tmp_path / "data", tmp_path / "copy.db"
    server = ServerProcess(data)
    with running(server):
        post_sweep(server.client, SWEEP)
    assert logsweep("backup", copy, "--data", data).returncode == 0
    restored = logsweep("restore", copy, "--data", data)
    assert restored.stdout.splitlines()[0].startswith(f"The database that was there is now {data / FILE}.before-")
    assert logsweep("backup", tmp_path / "no.db", "--server", "http://127.0.0.1:9").stderr.startswith(
        "The server http://127.0.0.1:9 sent no backup"
    )
