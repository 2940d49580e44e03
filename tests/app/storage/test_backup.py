"""Tests of backups: each is a state between two commits, however busy the writer is."""

import hashlib
import shutil
import sqlite3
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any, BinaryIO

import pytest
from sqlalchemy import Connection, text

from app.domain.errors import Conflict, NotFound, Unavailable
from app.domain.states import TrialState
from app.storage import FILE, SqliteStorage, backup
from app.storage.wal import log_of
from tests.app.storage.simple_policy import SimplePolicy
from tests.app.storage.world import SWEEP, add_sweep, claim_one, drawn, finish
from tests.system.processes import until

NOW = datetime(2026, 11, 27, 1, 2, 3, tzinfo=UTC)
ROWS = 200


def content(row: int, version: int) -> bytes:
    """Return what a row has in a version: a page and a half that nothing else has."""
    return hashlib.sha256(f"{row} {version}".encode()).digest() * 200


def make_rows(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE state (row INTEGER PRIMARY KEY, content BLOB) STRICT"))
    connection.execute(text("CREATE TABLE version (number INTEGER) STRICT"))
    connection.execute(text("INSERT INTO version VALUES (0)"))
    rows = [{"row": row, "content": content(row, 0)} for row in range(ROWS)]
    connection.execute(text("INSERT INTO state VALUES (:row, :content)"), rows)


def next_version(connection: Connection) -> int:
    """Change rows from all over the file, and one more than before; return the number of the version."""
    version = int(connection.execute(text("UPDATE version SET number = number + 1 RETURNING number")).scalar_one())
    changed = [{"row": row, "content": content(row, version)} for row in changed_by(version)]
    connection.execute(text("INSERT OR REPLACE INTO state VALUES (:row, :content)"), changed)
    return version


def changed_by(version: int) -> set[int]:
    return {version * step % ROWS for step in (1, 7, 31, 101)} | {ROWS + version}


def state_of(version: int) -> dict[int, bytes]:
    """Return all rows as the commit of a version left them."""
    rows = {row: content(row, 0) for row in range(ROWS)}
    for one in range(1, version + 1):
        rows |= {row: content(row, one) for row in changed_by(one)}
    return rows


def found_in(copy: Path) -> tuple[int, dict[int, bytes]]:
    """Return the version and the rows of a copy that is sound."""
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        (version,) = connection.execute("SELECT number FROM version").fetchone()
        return version, dict(connection.execute("SELECT row, content FROM state").fetchall())


def save(storage: SqliteStorage, file: Path) -> Path:
    with storage.backup() as copy, file.open("wb") as out:
        shutil.copyfileobj(copy, out)
    return file


@contextmanager
def versions_written_on(storage: SqliteStorage) -> Iterator[None]:
    """Write version after version from two threads."""
    done = Event()

    def write_on() -> None:
        while not done.is_set():
            storage.write(next_version)

    with ThreadPoolExecutor() as pool:
        writers = [pool.submit(write_on) for _ in range(2)]
        try:
            yield
        finally:
            done.set()
        for one in writers:
            one.result()


def version_of(connection: Connection) -> int:
    return int(connection.execute(text("SELECT number FROM version")).scalar_one())


def test_a_backup_under_load_is_a_state_between_two_commits(
    storage: SqliteStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "STEP_PAGES", 2)  # less than what a version adds
    storage.write(make_rows)
    with versions_written_on(storage):
        first = storage.read(version_of)
        version, rows = found_in(save(storage, tmp_path / "copy.db"))
        assert first <= version <= storage.read(version_of)
    assert rows == state_of(version)
    assert not list(tmp_path.glob("*.partial*"))


def test_a_backup_is_one_file_that_needs_no_log_and_is_gone_once_it_is_closed(
    storage: SqliteStorage, tmp_path: Path
) -> None:
    add_sweep(storage, drawn(0, 2))
    copy = save(storage, tmp_path / "copy.db")
    contents = backup.check(copy)
    assert (contents.sweeps, contents.trials, contents.size) == (1, 2, copy.stat().st_size)
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert sorted(path.name for path in tmp_path.glob("*.db*")) == [
        "copy.db",
        "logsweep.db",
        "logsweep.db-shm",
        "logsweep.db-wal",
    ]


@contextmanager
def backup_that_waits(storage: SqliteStorage) -> Iterator[tuple[ThreadPoolExecutor, Future[BinaryIO]]]:
    """Begin a backup, and hold the writer up until the end of the context, so that no step of it is made before."""
    begun, go = Event(), Event()

    def hold_up(_: Connection) -> None:
        begun.set()
        go.wait()

    with ThreadPoolExecutor() as pool:
        held = pool.submit(storage.write, hold_up)
        begun.wait()
        future = pool.submit(storage.backup)
        until(lambda: not storage._writer._queue.empty(), "the backup waits behind it")
        try:
            yield pool, future
        finally:
            go.set()
        held.result()


def test_what_is_asked_for_during_a_backup_is_written_between_its_steps(
    storage: SqliteStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "STEP_PAGES", 8)
    storage.write(make_rows)
    with backup_that_waits(storage) as (pool, future):
        written = [pool.submit(storage.write, next_version) for _ in range(3)]
        until(lambda: storage._writer._queue.qsize() == 4, "they wait behind the backup")
    assert sorted(one.result() for one in written) == [1, 2, 3]
    with future.result() as copy:
        (tmp_path / "copy.db").write_bytes(copy.read())
    assert found_in(tmp_path / "copy.db") == (3, state_of(3))


def test_one_backup_is_made_at_a_time_and_one_that_the_end_interrupts_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "STEP_PAGES", 1)
    storage = SqliteStorage(tmp_path, SimplePolicy())
    with backup_that_waits(storage) as (pool, future):
        with pytest.raises(Conflict, match="Another backup"):
            storage.backup()
        end = pool.submit(storage.close)
        until(lambda: storage._writer._closed, "the storage closes")
    with pytest.raises(Unavailable, match="closed"):
        future.result()
    end.result()
    assert [path.name for path in tmp_path.glob("logsweep.db*")] == ["logsweep.db"]


def folder_with_results(folder: Path) -> Path:
    storage = SqliteStorage(folder, SimplePolicy())
    add_sweep(storage, drawn(0, 3))
    finish(storage, claim_one(storage).lease, 0.25)
    storage.close()
    return folder


def completed(folder: Path) -> int:
    storage = SqliteStorage(folder, SimplePolicy())
    try:
        return storage.sweep(SWEEP).counts[TrialState.COMPLETED]
    finally:
        storage.close()


def test_what_is_restored_is_what_was_there_and_the_database_before_it_is_kept(tmp_path: Path) -> None:
    data = folder_with_results(tmp_path / "data")
    backup.take_at_rest(data, FILE, tmp_path / "copy.db")
    storage = SqliteStorage(data, SimplePolicy())
    finish(storage, claim_one(storage).lease, 0.5)
    storage.close()

    contents, before = backup.restore(tmp_path / "copy.db", data, FILE, NOW)

    assert (contents.sweeps, contents.trials) == (1, 3)
    assert before == data / "logsweep.db.before-20261127T010203Z"
    assert completed(data) == 1
    elsewhere = tmp_path / "elsewhere"
    assert backup.restore(before, elsewhere, FILE, NOW)[1] is None
    assert completed(elsewhere) == 2


def test_two_restores_in_one_second_keep_both_databases_that_were_there(tmp_path: Path) -> None:
    data = folder_with_results(tmp_path / "data")
    backup.take_at_rest(data, FILE, tmp_path / "copy.db")
    kept = [backup.restore(tmp_path / "copy.db", data, FILE, NOW)[1] for _ in range(3)]
    assert [one and one.name.removeprefix(f"{FILE}.before-20261127T010203Z") for one in kept] == ["", "-2", "-3"]
    assert all(one and backup.check(one).trials == 3 for one in kept)


def test_what_a_killed_server_left_in_the_log_is_in_a_backup_and_kept_by_a_restore(tmp_path: Path) -> None:
    storage = SqliteStorage(tmp_path / "served", SimplePolicy())
    add_sweep(storage, drawn(0, 3))
    finish(storage, claim_one(storage).lease, 0.25)
    for name in ("killed", "replaced"):
        (tmp_path / name).mkdir()
        for suffix in ("", "-wal"):
            shutil.copyfile(tmp_path / "served" / f"{FILE}{suffix}", tmp_path / name / f"{FILE}{suffix}")
    storage.close()

    with pytest.raises(Conflict, match=r"logsweep\.db-wal, with changes that the file itself lacks"):
        backup.restore(tmp_path / "killed" / FILE, tmp_path / "new", FILE, NOW)
    backup.take_at_rest(tmp_path / "killed", FILE, tmp_path / "copy.db")
    _, before = backup.restore(tmp_path / "copy.db", tmp_path / "replaced", FILE, NOW)

    assert completed(tmp_path / "replaced") == 1
    assert before is not None
    assert not log_of(before).exists()
    assert backup.check(before).trials == 3


def damaged(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.seek(9 * 4096)
        opened.write(b"\xff" * 4096 * 8)


def of_a_newer_version(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")


def of_something_else(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")


def of_no_version(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("DELETE FROM alembic_version")


def with_a_row_that_refers_to_nothing(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("DELETE FROM sweeps")


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (damaged, "damaged"),
        (lambda file: file.write_text("no database, but long enough for one" * 100), "no database of logsweep"),
        (of_something_else, "no database of logsweep"),
        (of_a_newer_version, "newer one wrote it"),
        (of_no_version, "does not say which version"),
        (with_a_row_that_refers_to_nothing, r"a row of \w*trials refers to nothing"),
    ],
)
def test_a_file_that_is_no_sound_backup_is_refused_and_nothing_changes(
    tmp_path: Path, spoil: Any, sentence: str
) -> None:
    data = folder_with_results(tmp_path / "data")
    backup.take_at_rest(data, FILE, tmp_path / "copy.db")
    spoil(tmp_path / "copy.db")
    with pytest.raises((Conflict, Unavailable), match=sentence):
        backup.restore(tmp_path / "copy.db", data, FILE, NOW)
    assert sorted(path.name for path in data.iterdir()) == ["logsweep.db", "logsweep.lock"]
    assert completed(data) == 1
    with pytest.raises((Conflict, Unavailable), match=sentence):
        backup.restore(tmp_path / "copy.db", tmp_path / "new" / "folder", FILE, NOW)
    assert not (tmp_path / "new").exists()
    (tmp_path / "empty").mkdir()
    with pytest.raises((Conflict, Unavailable), match=sentence):
        backup.restore(tmp_path / "copy.db", tmp_path / "empty", FILE, NOW)
    assert not list((tmp_path / "empty").iterdir())


def test_a_folder_in_use_or_without_a_database_is_refused_with_a_way_out(
    storage: SqliteStorage, tmp_path: Path
) -> None:
    copy = save(storage, tmp_path / "copy.db")
    with pytest.raises(Unavailable, match="--server"):
        backup.take_at_rest(tmp_path, FILE, tmp_path / "other.db")
    with pytest.raises(Unavailable, match="Stop it first"):
        backup.restore(copy, tmp_path, FILE, NOW)
    with pytest.raises(NotFound, match=r"no logsweep\.db in"):
        backup.take_at_rest(tmp_path / "nowhere", FILE, tmp_path / "other.db")


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    data = folder_with_results(tmp_path / "data")
    with pytest.raises(Unavailable, match=r"copy\.db could not be written"):
        backup.take_at_rest(data, FILE, tmp_path / "nowhere" / "copy.db")
    whole = tmp_path / "copy.db"
    backup.take_at_rest(data, FILE, whole)
    with pytest.raises(Unavailable, match=r"data folder .*copy\.db cannot be made"):
        backup.restore(whole, whole, FILE, NOW)


def test_what_a_killed_server_left_of_a_backup_is_gone_once_the_folder_is_opened_again(tmp_path: Path) -> None:
    for name in (f"{FILE}.partial", f"{FILE}.partial-journal"):
        (tmp_path / name).write_bytes(b"half a copy")
    SqliteStorage(tmp_path, SimplePolicy()).close()
    assert not list(tmp_path.glob("*.partial*"))
