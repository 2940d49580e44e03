"""Tests of migrations as a person trusts them with years of work: a copy first, all or nothing, from every schema."""

import hashlib
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from app.domain.errors import DiskFull, Unavailable
from app.storage import FILE, SqliteStorage, backup
from app.storage.connect import unchecked_references, writing_engine
from tests.app.storage.simple_policy import SimplePolicy
from tests.disk.limits import files_of_at_most
from tests.disk.recording import Cuts, Step, put, steps_of
from tests.disk.shim import disk_of
from tests.system.upgrade.archives import Archives

OLDER = Archives(Path(__file__).parents[2] / "system" / "upgrade")
LATER = Archives(Path(__file__).parents[2] / "system" / "upgrade" / "segments")


Rows = dict[str, list[tuple[Any, ...]]]


def config() -> Config:
    made = Config()
    made.set_main_option("script_location", "app.storage:migrations")
    return made


SCHEMAS = sorted(script.revision for script in ScriptDirectory.from_config(config()).walk_revisions())
HEAD = SCHEMAS[-1]


def schema_of(file: Path) -> str:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        (schema,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(schema)


def upgrade(folder: Path, schema: str) -> None:
    """Bring the database of a folder to a schema, as the version did that had it."""
    engine = writing_engine(folder / FILE)
    with engine.connect() as connection, unchecked_references(connection), connection.begin():
        for view in connection.exec_driver_sql("SELECT name FROM sqlite_schema WHERE type = 'view'").scalars().all():
            connection.exec_driver_sql(f'DROP VIEW "{view}"')
        asked = config()
        asked.attributes["connection"] = connection
        command.upgrade(asked, schema)
    engine.dispose()


def open_and_close(folder: Path) -> None:
    SqliteStorage(folder, SimplePolicy()).close()


def rows_of(file: Path) -> Rows:
    """Return all that a sound database holds, table by table."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        mine = [name for name in names if name not in {"alembic_version", "sqlite_sequence"} and "stat" not in name]
        return {name: sorted(_rows(connection, name), key=repr) for name in mine}


def _rows(connection: sqlite3.Connection, table: str) -> list[tuple[Any, ...]]:
    """Return the rows of a table, but for the time at which its migration made them."""
    names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})") if row[1] != "brought_at"]
    columns = ", ".join(f'"{name}"' for name in names)
    return connection.execute(f'SELECT {columns} FROM "{table}"').fetchall()  # noqa: S608 - our own names


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """All rows of the older folder, once it is of this version."""
    folder = OLDER.unpack(tmp_path_factory.mktemp("upgraded") / "data")
    open_and_close(folder)
    return rows_of(folder / FILE)


def test_a_database_of_every_schema_is_upgraded_to_the_same_rows_and_a_copy_of_it_is_kept(
    tmp_path: Path, upgraded: Rows
) -> None:
    first = schema_of(OLDER.unpack(tmp_path / "first") / FILE)
    for schema in SCHEMAS[SCHEMAS.index(first) : -1]:
        folder = OLDER.unpack(tmp_path / schema)
        upgrade(folder, schema)
        before = rows_of(folder / FILE)
        open_and_close(folder)
        assert {path.name for path in folder.iterdir()} == {FILE, f"{FILE}.schema-{schema}", "logsweep.lock"}
        assert rows_of(folder / FILE) == upgraded, schema
        assert rows_of(folder / f"{FILE}.schema-{schema}") == before, schema


def test_the_last_released_folder_is_upgraded_beside_a_copy(tmp_path: Path) -> None:
    folder = LATER.unpack(tmp_path)
    schema = schema_of(folder / FILE)
    open_and_close(folder)
    assert (schema_of(folder / FILE), schema_of(folder / f"{FILE}.schema-{schema}")) == (HEAD, schema)
    assert backup.check(folder / f"{FILE}.schema-{schema}").sweeps > 0


def test_one_copy_is_kept_the_one_of_the_last_migration(tmp_path: Path) -> None:
    folder = OLDER.unpack(tmp_path)
    (folder / f"{FILE}.schema-0001").write_bytes(b"an older copy")
    (folder / f"{FILE}.mine").write_bytes(b"not ours")
    open_and_close(folder)
    (kept,) = folder.glob(f"{FILE}.schema-*")
    assert kept.name != f"{FILE}.schema-0001"
    open_and_close(folder)
    assert (kept.exists(), (folder / f"{FILE}.mine").read_bytes()) == (True, b"not ours")


def test_a_disk_without_room_for_the_copy_is_told_before_anything_changes(tmp_path: Path) -> None:
    folder = OLDER.unpack(tmp_path)
    before = (folder / FILE).read_bytes()
    with files_of_at_most(len(before) // 2), pytest.raises(DiskFull, match=r"logsweep\.db\.schema-\d+ could not be"):
        open_and_close(folder)
    assert (folder / FILE).read_bytes() == before
    assert not list(folder.glob("*.schema-*"))


def test_a_migration_that_fails_leaves_the_database_as_it_was_and_no_copy(tmp_path: Path) -> None:
    folder = OLDER.unpack(tmp_path)
    with closing(sqlite3.connect(folder / FILE)) as connection, connection:
        connection.execute("DELETE FROM sweeps WHERE rowid = 1")
    with pytest.raises(Unavailable, match="It was left as it was"):
        open_and_close(folder)
    assert schema_of(folder / FILE) != HEAD
    assert not list(folder.glob("*.schema-*"))


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, bytes, list[Step]]]:
    """The folder of a migration, its database before, and all that was done to the disk."""
    top = tmp_path_factory.mktemp("recorded")
    folder = OLDER.unpack(top / "data")
    before = (folder / FILE).read_bytes()
    with disk_of(folder, top, recorded=True) as disk:
        process = [sys.executable, "-m", "tests.disk.open_storage", str(folder)]
        subprocess.run(process, check=True, env={**os.environ, **disk.environment()})
        assert disk.record is not None
        yield folder, before, steps_of(disk.record)


class Breaks:
    """The ways in which a recorded migration may break off, each of them looked at once."""

    def __init__(self, place: Path, recorded: tuple[Path, bytes, list[Step]], upgraded: Rows) -> None:
        self._place, self._upgraded = place, upgraded
        self._folder, before, steps = recorded
        self._cuts = Cuts(steps, {str(self._folder / FILE): before})
        self._seen = set[bytes]()
        self.schemas = set[str]()

    def require_old_or_new_at(self, step: int) -> None:
        """Require that what is left of a migration that ends there has the old rows or the new, and can be opened."""
        self._cuts.go_to(step)
        chance = random.Random(step)  # noqa: S311 - it tears writes, no secrets
        for files in (self._cuts.killed(), self._cuts.lost(), self._cuts.torn(chance)):
            if (image := _hash(files)) not in self._seen:
                self._seen.add(image)
                self._require_old_or_new(put(files, self._folder, self._place / "left"))

    def _require_old_or_new(self, left: Path) -> None:
        self.schemas.add(schema_of(left / FILE))
        rows_of(left / FILE)  # it is sound
        open_and_close(left)
        assert rows_of(left / FILE) == self._upgraded
        shutil.rmtree(left)


def _hash(files: Mapping[str, bytes]) -> bytes:
    about = [(name, hashlib.sha256(content).digest()) for name, content in sorted(files.items())]
    return hashlib.sha256(repr(about).encode()).digest()


def test_a_migration_that_is_killed_or_loses_its_power_leaves_old_or_new(
    tmp_path: Path, recorded: tuple[Path, bytes, list[Step]], upgraded: Rows
) -> None:
    breaks, steps = Breaks(tmp_path, recorded, upgraded), len(recorded[2])
    for step in range(1, steps, steps // 4):
        breaks.require_old_or_new_at(step)
    assert len(breaks.schemas) == 2


@pytest.mark.large
def test_a_migration_that_is_killed_or_loses_its_power_at_any_step_leaves_old_or_new(
    tmp_path: Path, recorded: tuple[Path, bytes, list[Step]], upgraded: Rows
) -> None:
    breaks = Breaks(tmp_path, recorded, upgraded)
    for step in range(1, len(recorded[2]) + 1):
        breaks.require_old_or_new_at(step)
