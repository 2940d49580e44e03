"""What is looked at before a database is used: that it is ours, whole, and of a version we know. Nothing is changed."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Timer

from app.domain.errors import Conflict, LogsweepError
from app.storage.connect import IN_USE, driver, looking
from app.storage.faults import faults_told
from app.storage.migrate import require_known
from app.storage.wal import log_of, size_of

LOOK_SECONDS = 1.0
"""How long the start looks for damage: all of a small database, the beginning of a large one."""

_MAGIC = b"SQLite format 3\0"
_HEADER = 100
_LOG_MAGIC = (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83")
_LONG_FORM = 1
"""What stands for pages of 64 KiB, which two bytes cannot hold."""
_SENSELESS = 1
"""SQLite's code of what the file says and nothing can mean, such as a format that is none."""
_INTERRUPTED = 9
"""SQLite's code of what was interrupted."""

AFRESH = "To begin anew, move it away, or choose another folder with --data"
GO_BACK = "Go back to a backup with logsweep restore"
_OR_GO_BACK = "go back to a backup with logsweep restore"


@dataclass(frozen=True, slots=True)
class _Header:
    """The first bytes of a file of SQLite."""

    page: int
    pages: int
    mark: int


def require_sound(database: Path) -> bool:
    """Return whether there is a database, after a look at it; one that was never made is no fault.

    Raises Conflict for what is no whole database of ours, Unavailable for one of a newer version, or that cannot be
    read.
    """
    with faults_told(str(database)):
        if not database.exists():
            _require_no_log(database)
            return False
        _require_whole(database)
        with closing(looking(database)) as connection:
            require_ours(connection, database)
            _look_for_damage(connection, database)
        return True


def require_ours(connection: sqlite3.Connection, database: Path) -> None:
    """Raise Conflict unless a database was made by logsweep, Unavailable for a newer version."""
    with _damage_told(database):
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        if not names:
            raise Conflict(
                f"{database} has no tables: it was copied without {log_of(database).name}, which had them. Put both "
                f"files there. {AFRESH}."
            )
        if not {"alembic_version", "sweeps"} <= names:
            some = ", ".join(sorted(names)[:3])
            raise Conflict(f"{database} is a database of another program, with the tables {some}. {AFRESH}.")
        (schema,) = connection.execute("SELECT max(version_num) FROM alembic_version").fetchone()
    if schema is None:
        raise Conflict(f"{database} does not say which version of logsweep wrote it. {GO_BACK}.")
    require_known(schema)


def left_in_use(database: Path) -> bool:
    """Return whether a file says that a server uses it, although the log in which its last changes were is not there.

    So it is with a copy of the file alone; and where another program has brought the log into it, nothing is missing.
    """
    header = _header(database)
    return header is not None and header.mark == IN_USE and not log_of(database).exists()


def lacks_its_log_alone(database: Path) -> bool:
    """Return whether all that is wrong with a database is that its log is not there; then it may be used without."""
    if not database.is_file() or not left_in_use(database):
        return False
    try:
        with faults_told(str(database)), closing(looking(database)) as connection:
            require_ours(connection, database)
            return [row[0] for row in connection.execute("PRAGMA integrity_check(1)")] == ["ok"]
    except LogsweepError:
        return False


def _require_no_log(database: Path) -> None:
    log = log_of(database)
    if size_of(log):
        raise Conflict(
            f"There is no {database}, but its log {log.name} is there, with changes that no other file has. Put the "
            f"database back beside it; if it is lost, {_OR_GO_BACK}, and move the log away first."
        )


def _require_whole(database: Path) -> None:
    """Raise Conflict for what the size and the first bytes of a file betray."""
    if not database.is_file():
        raise Conflict(f"{database} is no file. {AFRESH}.")
    size = database.stat().st_size
    if not size:
        raise Conflict(
            f"{database} is empty, which no logsweep leaves behind: a copy broke off, or the disk was full. {GO_BACK}, "
            "or delete it to begin anew."
        )
    header = _header(database)
    if header is None:
        raise Conflict(f"{database} is no database of SQLite: it begins with other bytes. {AFRESH}.")
    _require_log(log_of(database))
    if not size_of(log_of(database)) and size < header.page * header.pages:
        raise Conflict(
            f"{database} is cut off: it has {size:,} bytes of {header.page * header.pages:,}. Copy it again, or "
            f"{_OR_GO_BACK}."
        )
    if left_in_use(database):
        log = log_of(database).name
        raise Conflict(
            f"{database} was copied while a server used it, or its server died, and {log} with the last changes is not "
            f"there. Put that file beside it. If it is lost, or another program such as sqlite3 has brought it in, "
            f"accept what is here: logsweep doctor --data {database.parent} --mend."
        )


def _require_log(log: Path) -> None:
    """Raise Conflict for a log that begins with other bytes: SQLite would take it for empty, and write over it.

    One that begins with zeros is empty: the power failed before its first bytes were on disk.
    """
    start = _start_of(log, 4) if log.exists() else b""
    if any(start) and start not in _LOG_MAGIC:
        raise Conflict(
            f"{log} is no log of SQLite: it begins with other bytes, so that the last changes are lost. {GO_BACK}, or "
            "move it away, and accept the rest with logsweep doctor --mend."
        )


def _header(database: Path) -> _Header | None:
    """Return the header of a file; None if it is none of SQLite."""
    start = _start_of(database, _HEADER)
    if len(start) < _HEADER or not start.startswith(_MAGIC):
        return None
    page, pages, mark = (int.from_bytes(start[first:last]) for first, last in ((16, 18), (28, 32), (60, 64)))
    return _Header(1 << 16 if page == _LONG_FORM else page, pages, mark)


def _start_of(file: Path, size: int) -> bytes:
    with file.open("rb") as opened:
        return opened.read(size)


def _look_for_damage(connection: sqlite3.Connection, database: Path) -> None:
    """Raise Conflict for damage that is found in LOOK_SECONDS."""
    module = driver()
    patience = Timer(LOOK_SECONDS, connection.interrupt)
    patience.start()
    try:
        with _damage_told(database):
            found = [row[0] for row in connection.execute("PRAGMA quick_check(1)") if row[0] != "ok"]
    except module.OperationalError as error:
        if getattr(error, "sqlite_errorcode", None) != _INTERRUPTED:
            raise
        return  # the database is large
    finally:
        patience.cancel()
        patience.join()
    if found:
        raise _damaged(database, found[0])


@contextmanager
def _damage_told(database: Path) -> Iterator[None]:
    """Raise what SQLite says of a damaged file as Conflict."""
    module = driver()
    try:
        yield
    except module.OperationalError as error:
        # The driver's own, of a text whose bytes are none, may have no code.
        if getattr(error, "sqlite_errorcode", _SENSELESS) != _SENSELESS:
            raise  # the disk, a lock or an interrupt
        raise _damaged(database, str(error)) from None
    except (module.DatabaseError, UnicodeDecodeError) as error:  # a text whose bytes are none
        raise _damaged(database, str(error)) from None


def _damaged(database: Path, why: str) -> LogsweepError:
    more = f"logsweep doctor --data {database.parent} tells more"
    return Conflict(f"{database} is damaged: {' '.join(why.split())}. {GO_BACK}; {more}.")
