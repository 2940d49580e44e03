"""Tests of the doctor of data folders: what it finds, what it mends, and that it leaves the rest alone."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from app.cli import app
from app.commands.connection import Exit
from app.storage import FILE, SqliteStorage
from tests.app.commands.conftest import told
from tests.app.storage.auditor import audit_folder
from tests.app.storage.new_database import put_new_database
from tests.app.storage.simple_policy import SimplePolicy
from tests.app.storage.world import add_sweep, claim_one, drawn, finish
from tests.system.upgrade.archives import Archives


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with results that nobody uses."""
    folder = put_new_database(tmp_path / "data")
    with closing(SqliteStorage(folder, SimplePolicy())) as storage:
        add_sweep(storage, drawn(0, 3))
        for value in (0.25, 0.5):
            finish(storage, claim_one(storage).lease, value, bytes([int(value * 4)]) * 5000)
    return folder


def doctor(data: Path, *options: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, ["doctor", "--data", str(data), *options])
    assert result.exit_code == code, f"{result.output}\n{result.stderr}\n{result.exception!r}"
    return result


def execute(data: Path, *statements: str) -> None:
    with closing(sqlite3.connect(data / FILE)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def test_a_folder_that_is_well_is_told_what_it_has(data: Path) -> None:
    before = (data / FILE).read_bytes()
    assert "Nothing is wrong." in doctor(data).stdout
    found = told(doctor(data, "--json"))
    assert (found["sweeps"], found["trials"], found["wrong"], found["mended"]) == (1, 3, [], [])
    assert (found["bytes"], found["log_bytes"]) == (len(before), 0)
    assert found["free_bytes"] > 0
    assert (data / FILE).read_bytes() == before


def leave_a_copy_that_broke_off(data: Path) -> None:
    (data / f"{FILE}.partial").write_bytes(b"half")


MENDABLE: dict[str, tuple[Callable[[Path], Any], str]] = {
    "counts": (lambda data: execute(data, "UPDATE sweep_counts SET completed = 7"), "The counts of 1 sweeps are not"),
    "the best": (
        lambda data: execute(data, "UPDATE sweep_counts SET best_trial = 1, best_value = 0.5"),
        "The counts of 1 sweeps are not",
    ),
    "no counts": (lambda data: execute(data, "DELETE FROM sweep_counts"), "The counts of 1 sweeps are not"),
    "an orphan": (
        lambda data: execute(
            data,
            "INSERT INTO artifacts (sha256, size, state, brought_at) VALUES ('ab', 3, 'arriving', '2026-01-01')",
            "INSERT INTO artifact_pieces SELECT key, 0, x'010203' FROM artifacts WHERE sha256 = 'ab'",
        ),
        "Nothing names 1 artifacts",
    ),
    "a copy that broke off": (leave_a_copy_that_broke_off, "is what a copy left that broke off"),
    "a lost log": (lambda data: execute(data, "PRAGMA user_version = 1"), "with the last changes is not there"),
}


@pytest.mark.parametrize("name", MENDABLE)
def test_what_can_be_mended_is_told_and_mended_once_asked_for(data: Path, name: str) -> None:
    spoil, sentence = MENDABLE[name]
    spoil(data)
    before = (data / FILE).read_bytes()
    assert sentence in doctor(data, code=1).stdout
    assert (data / FILE).read_bytes() == before
    mended = told(doctor(data, "--mend", "--json"))
    assert len(mended["mended"]) == 1
    assert sentence in mended["mended"][0]
    assert mended["wrong"] == []
    assert "Nothing is wrong." in doctor(data).stdout
    audit_folder(data)
    SqliteStorage(data, SimplePolicy()).close()
    assert sorted(path.name for path in data.iterdir()) == [FILE, "logsweep.lock"]


def test_the_log_of_a_killed_server_is_brought_into_the_file(tmp_path: Path) -> None:
    served, data = put_new_database(tmp_path / "served"), tmp_path / "data"
    with closing(SqliteStorage(served, SimplePolicy())) as storage:
        add_sweep(storage, drawn(0, 3))
        data.mkdir()
        for name in (FILE, f"{FILE}-wal"):
            (data / name).write_bytes((served / name).read_bytes())
    found = told(doctor(data, "--json", code=1))
    assert (found["trials"], found["log_bytes"] > 0) == (3, True)
    assert "A server was killed" in found["wrong"][0]
    doctor(data, "--mend")
    assert not (data / f"{FILE}-wal").exists()
    assert told(doctor(data, "--json"))["trials"] == 3


def damage_a_page(data: Path) -> None:
    with (data / FILE).open("r+b") as file:
        file.seek(20 * 4096)
        file.write(b"\xff" * 64)


GRAVE: dict[str, tuple[Callable[[Path], Any], str]] = {
    "a page": (damage_a_page, "damaged"),
    "a row": (lambda data: execute(data, "DELETE FROM sweeps"), "refers to nothing"),
    "an artifact": (
        lambda data: execute(data, "UPDATE artifact_pieces SET content = zeroblob(length(content))"),
        "artifacts have other bytes than their hashes say",
    ),
    "a table": (lambda data: execute(data, "DROP TABLE models"), "lacks the tables models"),
    "no table of ours": (lambda data: execute(data, "DROP TABLE alembic_version"), "is a database of another program"),
}


@pytest.mark.parametrize("name", GRAVE)
def test_what_is_damaged_is_told_and_left_alone(data: Path, name: str) -> None:
    spoil, sentence = GRAVE[name]
    spoil(data)
    leave_a_copy_that_broke_off(data)
    before = (data / FILE).read_bytes()
    assert sentence in " ".join(told(doctor(data, "--json", code=1))["wrong"])
    doctor(data, "--mend", code=1)
    assert (data / FILE).read_bytes() == before


def test_a_clock_that_is_behind_and_a_setting_that_is_wrong_are_told(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute(data, "UPDATE stored_trials SET created_at = created_at + 86400000000 * 36500")
    monkeypatch.setenv("LOGSWEEP_READINGS", "many")
    clock, setting = told(doctor(data, "--json", code=1))["wrong"]
    assert "The clock of this machine is behind" in clock
    assert setting.startswith('LOGSWEEP_READINGS cannot be "many"')


def test_an_older_folder_is_looked_at_without_being_migrated(tmp_path: Path) -> None:
    data = Archives(Path(__file__).parents[2] / "system" / "upgrade").unpack(tmp_path / "data")
    before = (data / FILE).read_bytes()
    assert "the next start of a server makes a newer one" in told(doctor(data, "--json"))["schema"]
    assert (data / FILE).read_bytes() == before


def test_a_folder_in_use_is_left_to_its_server(data: Path) -> None:
    with closing(SqliteStorage(data, SimplePolicy())):
        assert "Ask that server: logsweep doctor --server" in doctor(data, code=1).stderr


def test_looking_at_a_mistyped_folder_is_refused_and_makes_nothing(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nosuch"):
        assert "Name the data folder with --data" in doctor(folder, code=1).stderr
    assert not list(tmp_path.iterdir())
    (file := tmp_path / "file").touch()
    assert "Name the data folder with --data" in doctor(file, code=1).stderr


def test_a_server_is_not_mended() -> None:
    assert CliRunner().invoke(app, ["doctor", "--mend"]).exit_code == 2


def test_a_server_and_a_folder_are_not_looked_at_together(data: Path) -> None:
    assert "name one" in doctor(data, "--server", "http://127.0.0.1:1", code=2).stderr


def test_the_variable_of_the_folder_stands_for_it_where_no_server_is_named(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LOGSWEEP_SERVER", raising=False)
    monkeypatch.setenv("LOGSWEEP_DATA", str(data))
    assert told(CliRunner().invoke(app, ["doctor", "--json"]))["trials"] == 3
    away = "http://127.0.0.1:1"
    assert CliRunner().invoke(app, ["doctor", "--server", away]).exit_code == Exit.UNREACHABLE
    monkeypatch.setenv("LOGSWEEP_SERVER", away)
    assert CliRunner().invoke(app, ["doctor"]).exit_code == Exit.UNREACHABLE
    assert told(doctor(data, "--json"))["trials"] == 3
