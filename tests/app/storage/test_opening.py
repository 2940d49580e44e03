"""Tests of folders that cannot be opened: one sentence with cause and way out, and nothing in them changes."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.domain.errors import Conflict, DiskFull, LogsweepError, Unavailable
from app.storage import FILE, SqliteStorage, backup, connect, opening
from app.storage.wal import log_of
from tests.app.storage.new_database import put_new_database
from tests.app.storage.simple_policy import SimplePolicy
from tests.app.storage.world import SWEEP, add_sweep, claim_one, drawn, finish
from tests.disk.limits import files_of_at_most

NOW = datetime(2026, 11, 27, 1, 2, 3, tzinfo=UTC)
NOBODY = 65534
Spoil = Callable[[Path], object]


def open_and_close(folder: Path) -> None:
    SqliteStorage(folder, SimplePolicy()).close()


def copy_at_rest(folder: Path) -> None:
    backup.take_at_rest(folder, FILE, folder.parent / "copy.db")


@pytest.fixture(scope="module")
def at_rest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with results that a server has left in order."""
    folder = tmp_path_factory.mktemp("sound") / "data"
    storage = SqliteStorage(put_new_database(folder), SimplePolicy())
    add_sweep(storage, drawn(0, 40))
    finish(storage, claim_one(storage).lease, 0.25)
    storage.close()
    return folder


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as a server leaves it that is killed: the results are in the log."""
    served = tmp_path_factory.mktemp("killed") / "served"
    storage = SqliteStorage(put_new_database(served), SimplePolicy())
    add_sweep(storage, drawn(0, 40))
    left = shutil.copytree(served, served.parent / "data", ignore=shutil.ignore_patterns("*-shm", "*.lock"))
    storage.close()
    return left


@pytest.fixture
def data(at_rest: Path, tmp_path: Path) -> Path:
    """A copy of the first one."""
    return shutil.copytree(at_rest, tmp_path / "data")


def contents(folder: Path) -> dict[str, bytes]:
    """Return all that a folder has but the lock, which nobody holds, and SQLite's index of the log."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith((".lock", "-shm"))
    }


def other_program(file: Path, *tables: str) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as connection:
        for table in tables:
            connection.execute(f"CREATE TABLE {table} (version_num TEXT)")


def replace_bytes(file: Path, there: bytes, by: bytes) -> None:
    """Replace bytes wherever they stand."""
    file.write_bytes(file.read_bytes().replace(there, by))


def overwrite(file: Path, place: int, content: bytes) -> None:
    with file.open("r+b") as opened:
        opened.seek(place)
        opened.write(content)


def execute(file: Path, *statements: str) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def replaced_by_a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


DATABASES: dict[str, tuple[Spoil, str]] = {
    "text": (lambda file: file.write_text("no database, but long enough" * 200), "is no database of SQLite"),
    "a few bytes": (lambda file: file.write_bytes(b"abc"), "is no database of SQLite"),
    "an archive": (lambda file: file.write_bytes(b"PK\3\4" + bytes(9000)), "is no database of SQLite"),
    "an empty file": (lambda file: file.write_bytes(b""), "is empty, which no logsweep leaves behind"),
    "recipes": (lambda file: other_program(file, "recipes"), "another program, with the tables recipes"),
    "migrated recipes": (
        lambda file: other_program(file, "alembic_version", "recipes"),
        "another program, with the tables alembic_version, recipes",
    ),
    "no table": (other_program, "has no tables|is empty"),
    "half of it": (lambda file: os.truncate(file, file.stat().st_size // 2), "is cut off: it has"),
    "its first page": (lambda file: os.truncate(file, 4096), "is cut off: it has 4,096 bytes of"),
    "its last bytes gone": (lambda file: os.truncate(file, file.stat().st_size - 7), "is cut off"),
    "half a header": (lambda file: os.truncate(file, 50), "is no database of SQLite"),
    "a header of zeros": (lambda file: overwrite(file, 0, bytes(100)), "is no database of SQLite"),
    "a spoilt header": (lambda file: overwrite(file, 16, b"\xff" * 12), "is no database|is damaged|is cut off"),
    "a format that SQLite does not read": (lambda file: overwrite(file, 44, (9).to_bytes(4, "big")), "is damaged"),
    "a name whose bytes are no text": (lambda file: replace_bytes(file, b"sweeps", b"\x80weeps"), "is damaged"),
    "spoilt tables": (lambda file: overwrite(file, 100, b"\xff" * 3000), "is damaged"),
    "spoilt pages": (lambda file: overwrite(file, 9 * 4096, b"\xff" * 4096 * 4), "is damaged"),
    "one spoilt page": (lambda file: overwrite(file, 20 * 4096, b"\xff" * 64), "is damaged"),
    "a newer version": (
        lambda file: execute(file, "UPDATE alembic_version SET version_num = '9999'"),
        "a newer one wrote it",
    ),
    "no version": (lambda file: execute(file, "DELETE FROM alembic_version"), "does not say which version"),
    "a folder": (replaced_by_a_folder, "is no file"),
}


@pytest.mark.parametrize("use", [open_and_close, copy_at_rest])
@pytest.mark.parametrize("name", DATABASES)
def test_what_is_no_sound_database_of_ours_is_refused_and_left_as_it_is(data: Path, name: str, use: Spoil) -> None:
    spoil, sentence = DATABASES[name]
    spoil(data / FILE)
    before = contents(data)
    with pytest.raises((Conflict, Unavailable), match=sentence) as refused:
        use(data)
    require_one_sentence_with_a_way_out(refused.value)
    assert contents(data) == before
    assert not (data.parent / "copy.db").exists()


def require_one_sentence_with_a_way_out(error: LogsweepError) -> None:
    assert "\n" not in error.detail
    assert len(error.detail) < 500
    ways = (
        "restore",
        "another folder",
        "another place",
        "Start that version",
        "Make room",
        "Stop it",
        "Put ",
        "end what",
    )
    assert any(way in error.detail for way in ways), error.detail


@pytest.mark.parametrize("name", ["text", "an empty file", "recipes", "half of it", "spoilt pages", "a newer version"])
def test_a_backup_is_restored_over_what_cannot_be_opened_which_is_kept(at_rest: Path, data: Path, name: str) -> None:
    DATABASES[name][0](data / FILE)
    before = (data / FILE).read_bytes()
    _, kept = backup.restore(at_rest / FILE, data, FILE, NOW)
    assert kept is not None
    assert kept.read_bytes() == before
    open_and_close(data)


LOGS: dict[str, tuple[Spoil, str]] = {
    "the database gone": (lambda file: file.unlink(), "its log logsweep.db-wal is there"),
    "the log gone": (lambda file: log_of(file).unlink(), "copied while a server used it, or its server died"),
    "a log of something else": (lambda file: overwrite(log_of(file), 0, b"\xff" * 4096), "is no log of SQLite"),
}


@pytest.mark.parametrize("use", [open_and_close, copy_at_rest])
@pytest.mark.parametrize("name", LOGS)
def test_a_log_that_lacks_its_database_or_is_lacking_is_told_and_nothing_is_lost(
    killed: Path, tmp_path: Path, name: str, use: Spoil
) -> None:
    spoil, sentence = LOGS[name]
    data = shutil.copytree(killed, tmp_path / "data")
    spoil(data / FILE)
    before = contents(data)
    with pytest.raises(LogsweepError, match=sentence) as refused:
        use(data)
    require_one_sentence_with_a_way_out(refused.value)
    assert contents(data) == before


def test_what_a_killed_server_left_is_opened_with_all_of_its_log(killed: Path, tmp_path: Path) -> None:
    data = shutil.copytree(killed, tmp_path / "data")
    with closing(SqliteStorage(data, SimplePolicy())) as storage:
        assert sum(storage.sweep(SWEEP).counts.values()) == 40
    assert not opening.left_in_use(data / FILE)


def test_a_log_that_the_power_left_without_its_first_bytes_is_an_empty_one(data: Path) -> None:
    log_of(data / FILE).write_bytes(bytes(8192))
    open_and_close(data)


def test_a_large_database_is_looked_through_for_a_moment_alone(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "LOOK_SECONDS", 0.005)
    execute(data / FILE, "CREATE TABLE large (content BLOB)", "INSERT INTO large VALUES (zeroblob(60000000))")
    open_and_close(data)


@pytest.mark.parametrize("place", ["data", "data/deeper"])
def test_a_file_where_the_folder_should_be_is_told(tmp_path: Path, place: str) -> None:
    (tmp_path / "data").write_text("mine")
    with pytest.raises(Unavailable, match="A file is in its place or above it: choose another folder with --data"):
        open_and_close(tmp_path / place)
    assert (tmp_path / "data").read_text() == "mine"


@pytest.fixture
def foreign(at_rest: Path) -> Iterator[Path]:
    """A copy of the folder that a user without rights can reach and read, but not write."""
    with tempfile.TemporaryDirectory() as top:
        Path(top).chmod(0o755)
        yield shutil.copytree(at_rest, Path(top, "data"))


@contextmanager
def as_nobody() -> Iterator[None]:
    """Be a user without rights, if this one is not; what is read-only then is."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def make_readable(folder: Path, *, all_may_write: bool = False) -> None:
    for path in [folder, *folder.iterdir()]:
        path.chmod((0o755 if path.is_dir() else 0o444) | (0o222 if all_may_write else 0))


def test_a_folder_that_cannot_be_written_is_told(foreign: Path) -> None:
    make_readable(foreign)
    foreign.chmod(0o555)
    with as_nobody(), pytest.raises(Unavailable, match=r"data folder .* cannot be written \(Permission denied\). Give"):
        open_and_close(foreign)
    with as_nobody(), pytest.raises(Unavailable, match=r"data folder .* cannot be written \(Permission denied\). Give"):
        open_and_close(foreign / "new")
    foreign.chmod(0o755)


@pytest.mark.parametrize("mode", [0o444, 0o000])
def test_a_database_that_cannot_be_written_or_read_is_told(foreign: Path, mode: int) -> None:
    make_readable(foreign, all_may_write=True)
    (foreign / FILE).chmod(mode)
    before = (foreign / FILE).stat().st_size
    with (
        as_nobody(),
        pytest.raises(Unavailable, match=r"cannot be written \(.*\). Give the user that logsweep runs as"),
    ):
        open_and_close(foreign)
    assert (foreign / FILE).stat().st_size == before


@pytest.mark.parametrize("size", [0, 1, 4096, 40_000, 200_000])
def test_a_disk_that_is_full_at_the_first_start_is_told_and_leaves_no_database(tmp_path: Path, size: int) -> None:
    with files_of_at_most(size), pytest.raises(DiskFull, match="There is no room in the data folder"):
        open_and_close(tmp_path / "data")
    assert not (tmp_path / "data" / FILE).exists()
    open_and_close(tmp_path / "data")


def test_a_disk_that_is_full_at_a_later_start_is_told_and_loses_nothing(data: Path) -> None:
    with files_of_at_most(1), pytest.raises(DiskFull, match="Make room"):
        open_and_close(data)
    with closing(SqliteStorage(data, SimplePolicy())) as storage:
        assert sum(storage.sweep(SWEEP).counts.values()) == 40


def test_another_program_that_keeps_the_lock_is_told(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pragmas = [one.replace("10000", "50") for one in connect._WRITER_PRAGMAS]
    monkeypatch.setattr(connect, "_WRITER_PRAGMAS", pragmas)
    with closing(connect.driver().connect(data / FILE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="Another program holds the lock of the database"):
            open_and_close(data)
    open_and_close(data)
