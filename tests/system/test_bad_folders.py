"""What cannot be served is refused by the commands with a sentence, as a person meets it."""

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from app.composition import open_access
from app.demo import run_demo
from app.domain.access import KeyDraft, Scope
from app.domain.errors import LogsweepError, Unavailable
from app.storage import FILE
from tests.app.storage.new_database import put_new_database
from tests.disk.limits import files_of_at_most
from tests.system.processes import PATIENCE


def serve(data: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Start a server that should refuse, with these variables."""
    command = [sys.executable, "-m", "app.cli", "serve", "--data", str(data), "--port", "0", "--workers", "0"]
    environment = {**os.environ, **variables}
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False, env=environment)


def test_a_server_refuses_another_programs_database_with_one_line(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    refused = serve(tmp_path)
    assert (refused.returncode, refused.stdout) == (1, "")
    (line,) = refused.stderr.splitlines()
    assert line == (
        f"{tmp_path / FILE} is a database of another program, with the tables recipes. To begin anew, move it away, or "
        "choose another folder with --data."
    )
    assert [one.name for one in tmp_path.iterdir()] == [FILE]


def test_a_server_on_a_full_disk_refuses_with_one_line_and_leaves_no_database(tmp_path: Path) -> None:
    with files_of_at_most(100_000):
        refused = serve(tmp_path / "data")
    assert refused.returncode == 1
    (line,) = refused.stderr.splitlines()
    assert line.startswith("There is no room in the data folder")
    assert not (tmp_path / "data").exists()


def test_every_setting_that_is_wrong_is_told_in_a_line_of_its_own(tmp_path: Path) -> None:
    wrong = {"LOGSWEEP_LEASE_SECONDS": "soon", "LOGSWEEP_READINGS": "65", "LOGSWEEP_CHECKPOINT_BYTES": "1e3.5"}
    refused = serve(tmp_path / "data", **wrong)
    assert (refused.returncode, refused.stdout) == (1, "")
    lines = refused.stderr.splitlines()
    assert [line.split(":")[0] for line in lines] == [f'{name} cannot be "{value}"' for name, value in wrong.items()]
    assert not (tmp_path / "data").exists()


def test_the_demo_tells_that_its_folder_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("mine")
    with pytest.raises(Unavailable, match="A file is in its place"):
        run_demo(tmp_path / "data", 0, 1, leave=True)


def test_the_demo_says_in_a_sentence_that_the_server_on_its_folder_asks_for_a_key(tmp_path: Path) -> None:
    with open_access(put_new_database(tmp_path)) as access:
        access.create(KeyDraft("mine", [Scope.ADMIN]))
    with pytest.raises(LogsweepError, match=r"asks for an access key, and the request has none.*--key-file"):
        run_demo(tmp_path, 0, 0, leave=True)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler  # as it was, for whoever comes next
