"""Backups: a copy of the database as it was between two commits, checked, and put back."""

import logging
import math
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, count
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Connection

from app.domain.errors import Conflict, DiskFull, NotFound, Unavailable
from app.storage.connect import AT_REST, driver, looking
from app.storage.faults import faults_told, told
from app.storage.lock import FolderLock, new_folder
from app.storage.migrate import require_known
from app.storage.opening import require_sound
from app.storage.wal import log_of, size_of
from app.storage.writer import Writer

STEP_PAGES = 256
"""Pages that are copied at a time, 1 MiB; between two steps others write."""

_OF_SCHEMA = ".schema-"
"""What the names of copies end in, with the schema that they have."""

_log = logging.getLogger(__name__)

_FAULTS = 10
"""The faults of a damaged file that are looked for."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a checked copy has."""

    sweeps: int
    trials: int
    size: int
    """Bytes of the file."""


def partial_of(file: Path) -> Path:
    """Return where a file is until it is whole."""
    return file.with_name(f"{file.name}.partial")


def remove_unfinished(database: Path) -> None:
    """Remove what is left of a copy or a new database that is not whole: it may be as large as the database."""
    partial = partial_of(database)
    for ending in ("", "-journal", "-wal", "-shm"):
        _remove(partial.with_name(f"{partial.name}{ending}"))


def take(writer: Writer, database: Path) -> BinaryIO:
    """Return a checked copy of a database that is in use, as an open file that has no name any more.

    Each step runs on the writing connection, so that none has to be repeated because others write in between; the copy
    has all that was committed before the last step. Raises DiskFull, Unavailable if the writer stops, Conflict if the
    database is damaged.
    """
    partial = partial_of(database)
    try:
        with _disk_faults_told(partial), _new_database(partial) as target:
            writer.submit_between(lambda connection: _copy_in_steps(writer, connection, target, partial)).result()
        check(partial)
        return partial.open("rb")
    finally:
        _remove(partial)


def take_at_rest(folder: Path, database: str, file: Path) -> None:
    """Copy the database of a folder that no server uses, with what a killed one left in its log.

    Raises NotFound; Conflict for what is no sound database of ours; Unavailable, DiskFull.
    """
    require_there(folder, database)
    source = folder / database
    with (
        locked(folder, "Take the backup from that server: --server http://127.0.0.1:8000, or where it is."),
        faults_told(str(source)),
    ):
        require_sound(source)
        with _disk_faults_told(file), closing(looking(source)) as connection, _new_database(file) as target:
            connection.backup(target)


def require_there(folder: Path, database: str) -> None:
    """Raise NotFound for a folder without a database, so that looking at a mistyped one makes nothing.

    The log of a database that is lost counts as one: it has changes that nothing else has.
    """
    if not (folder / database).exists() and not size_of(log_of(folder / database)):
        way = "Name the data folder with --data, or a server with --server."
        raise NotFound(f"There is no {database} in {folder}. {way}")


def check(file: Path) -> Contents:
    """Look at all of a copy, make it a single file, and return what it has.

    Raises Conflict for what is damaged or no database of logsweep, Unavailable for one of a newer version.
    """
    module = driver()
    try:
        with closing(module.connect(file)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE").fetchone()
            connection.execute(f"PRAGMA user_version = {AT_REST}")
            faults = [row[0] for row in connection.execute(f"PRAGMA integrity_check({_FAULTS})") if row[0] != "ok"]
            faults += [f"a row of {row[0]} refers to nothing" for row in connection.execute("PRAGMA foreign_key_check")]
            (schema,) = connection.execute("SELECT max(version_num) FROM alembic_version").fetchone()
            (sweeps,) = connection.execute("SELECT count(*) FROM sweeps").fetchone()
            (trials,) = connection.execute("SELECT count(*) FROM trials").fetchone()
    except (module.DatabaseError, UnicodeDecodeError) as error:  # a text whose bytes are none
        raise Conflict(f"The file is no database of logsweep, or it is damaged: {error}. Take another one.") from None
    if faults:
        raise Conflict(f"The database is damaged: {'; '.join(faults[:_FAULTS])}. Go back to an earlier backup.")
    if schema is None:
        raise Conflict("The file does not say which version of logsweep wrote it. Take another one.")
    require_known(schema)
    return Contents(sweeps, trials, file.stat().st_size)


def restore(file: Path, folder: Path, database: str, now: datetime) -> tuple[Contents, Path | None]:
    """Put a copy in the place of the database of a folder that no server uses, once it is whole and was checked.

    Return what it has, and where the database is that was there before. Raises NotFound, Conflict, Unavailable.
    """
    _require_whole(file)
    target = folder / database
    partial = partial_of(target)
    with new_folder(folder), locked(folder, "Stop it first, or restore to another folder with --data."):
        try:
            with _disk_faults_told(partial):
                shutil.copyfile(file, partial)
            contents = check(partial)
            before = _set_aside(target, now)
            move(partial, target)
        finally:
            _remove(partial)
    return contents, before


@contextmanager
def kept_before_migration(database: Path, schema: str) -> Iterator[None]:
    """Keep a copy of a database beside it while its schema is made a newer one, and after that until the next time.

    If that fails, the database is as it was, and the copy goes. Raises DiskFull, before anything has changed.
    """
    kept = database.with_name(f"{database.name}{_OF_SCHEMA}{schema}")
    partial = partial_of(database)
    try:
        with _disk_faults_told(kept):
            with closing(looking(database)) as connection, _new_database(partial) as target:
                connection.backup(target)
                target.execute("PRAGMA journal_mode = DELETE").fetchone()
                target.execute(f"PRAGMA user_version = {AT_REST}")
            move(partial, kept)
    finally:
        _remove(partial)
    try:
        yield
    except BaseException:
        _remove(kept)
        raise
    for older in database.parent.glob(f"{database.name}{_OF_SCHEMA}*"):
        if older != kept:
            _remove(older)
    _log.info("The database as it was before this version is kept as %s until the next one; it may be deleted.", kept)


def move(partial: Path, file: Path) -> None:
    """Give a file its name once all of it is on disk."""
    _sync(partial)
    partial.replace(file)
    _sync(file.parent)


def _copy_in_steps(writer: Writer, connection: Connection, target: sqlite3.Connection, file: Path) -> None:
    source: Any = connection.connection.driver_connection
    least = math.inf

    def after_a_step(_: int, remaining: int, __: int) -> None:
        nonlocal least
        _sync(file)  # or the commits of others would wait, at some time, until all of it is on disk
        if remaining < least - STEP_PAGES // 2:  # or what grows as fast as it is copied would never be whole
            least = remaining
            writer.write_waiting(connection)

    source.backup(target, pages=STEP_PAGES, progress=after_a_step)


@contextmanager
def _new_database(file: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection to a new file, which is worth nothing until it is whole: it needs no journal."""
    _remove(file)
    with closing(driver().connect(file, isolation_level=None, check_same_thread=False)) as connection:
        connection.execute("PRAGMA journal_mode = OFF").fetchone()
        connection.execute("PRAGMA synchronous = OFF")
        yield connection


def _set_aside(database: Path, now: datetime) -> Path | None:
    """Rename a database, and its log if a killed server left one that cannot be written back; return the new name."""
    if not database.exists():
        _remove(log_of(database))
        return None
    _end_log(database)
    before = _free_name(database, f"before-{now:%Y%m%dT%H%M%SZ}")
    if log_of(database).exists():
        log_of(database).rename(log_of(before))
        database.rename(before)
    else:
        _name_too(database, before)
    _remove(database.with_name(f"{database.name}-shm"))
    return before


def _name_too(database: Path, before: Path) -> None:
    """Give a database a second name, so that it keeps its own until the copy takes it: a crash leaves one of both."""
    try:
        before.hardlink_to(database)
    except OSError:
        database.rename(before)  # this file system gives a file one name alone


def _free_name(database: Path, ending: str) -> Path:
    """Return a name that no file has: what was set aside in the same second must not be written over."""
    names = (f"{database.name}.{ending}{more}" for more in chain([""], (f"-{number}" for number in count(2))))
    return next(file for name in names if not (file := database.with_name(name)).exists())


def _end_log(database: Path) -> None:
    """Write the log back into the database, if there is one and the database is not damaged."""
    module = driver()
    if not log_of(database).exists():
        return
    try:
        with closing(module.connect(database)) as connection:
            connection.execute(f"PRAGMA user_version = {AT_REST}")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except module.DatabaseError:
        return  # both keep their contents, side by side


def _require_whole(file: Path) -> None:
    """Raise Conflict if the changes that belong to a file lie beside it: a copy of the file alone would lack them."""
    if not file.is_file():
        raise NotFound(f"There is no file {file}.")
    if size_of(log_of(file)):
        raise Conflict(
            f"Beside {file} lies {log_of(file).name}, with changes that the file itself lacks. Restore what "
            "`logsweep backup` wrote, or delete the other one if the changes do not matter."
        )


@contextmanager
def locked(folder: Path, way_out: str) -> Iterator[None]:
    """Hold the lock of a folder, and leave none behind. Raises Unavailable, with the way out, if a server does."""
    lock = FolderLock(folder, way_out)
    try:
        yield
    finally:
        lock.give_up()


@contextmanager
def _disk_faults_told(file: Path) -> Iterator[None]:
    """Raise Unavailable with a sentence where the disk refuses a copy."""
    try:
        yield
    except (OSError, driver().OperationalError) as error:
        kind = DiskFull if isinstance(told(error), DiskFull) else Unavailable
        raise kind(f"{file} could not be written: {error}. Make room, or choose another place.") from None
    except driver().DatabaseError as error:
        raise Conflict(f"The database is damaged: {error}. Go back to an earlier backup.") from None


def _sync(path: Path) -> None:
    """Have the content of a file, or the names in a folder, on disk."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _remove(file: Path) -> None:
    file.unlink(missing_ok=True)
