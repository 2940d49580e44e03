"""The write-ahead log: it stays small while the database is in use, and is empty once that is closed.

SQLite writes the log back by itself, but begins it anew only in a moment in which nobody reads. Under readers that
take turns there is none, and the log would grow for ever.
"""

import logging
from pathlib import Path
from threading import Event, Thread
from typing import final

from sqlalchemy import Connection

from app.domain.errors import LogsweepError
from app.storage.connect import AT_REST, WAL_LIMIT, mark, optimize, write_back
from app.storage.faults import Closed
from app.storage.reads import Reads
from app.storage.writer import Writer

LOOK_SECONDS = 0.25
"""How often the size of the log is looked at."""

HOLD_SECONDS = 0.1
"""How long new reads are held back at the limit; at twice the limit four times as long, and so on."""

CLOSING_SECONDS = 5.0
"""How long another process that reads the file may keep the end waiting."""

_log = logging.getLogger(__name__)


@final
class Wal:
    """Looks after the log of a database, in a thread of its own, until closed."""

    def __init__(self, database: Path, writer: Writer, reads: Reads) -> None:
        self._file = log_of(database)
        self._writer = writer
        self._reads = reads
        self._due = WAL_LIMIT
        self._stop = Event()
        self._thread = Thread(target=self._run, name="storage-wal", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop looking. Calling it twice is harmless."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        in_trouble = False
        while not self._stop.wait(LOOK_SECONDS):
            try:
                self._look()
            except Closed:
                return
            except Exception as error:  # noqa: BLE001 - a full disk, for one: it may be better soon
                if not in_trouble:
                    _log.warning("the write-ahead log could not be written back; it is tried again: %s", error)
                in_trouble = True
            else:
                in_trouble = False

    def _look(self) -> None:
        """Where the log is too long, hold new reads back, the longer the longer it is, and begin it anew."""
        size = size_of(self._file)
        if size < self._due:
            self._due = min(self._due, size + WAL_LIMIT)
            return
        with self._reads.held_back(HOLD_SECONDS * (size / WAL_LIMIT) ** 2) as quiet:
            done = quiet and self._writer.submit_between(write_back).result()
        # A reader in another process cannot be held back: after more of the log the next attempt is worth it.
        self._due = WAL_LIMIT if done else size + WAL_LIMIT


def end(connection: Connection, database: Path) -> None:
    """Bring everything into the file of the database, as the last thing that is done with it."""
    why = "another process reads it"
    try:
        optimize(connection)
        mark(connection, AT_REST)
        if write_back(connection, CLOSING_SECONDS):
            return
    except LogsweepError as error:
        why = error.detail
    _log.warning(
        "The last changes of %s are still in %s: keep both together. The next stop of a server brings them into the "
        "file. Why not now: %s",
        database,
        log_of(database).name,
        why,
    )


def log_of(database: Path) -> Path:
    """Return where SQLite keeps the log of a database."""
    return database.with_name(f"{database.name}-wal")


def size_of(file: Path) -> int:
    """Return how many bytes a file has; one that is not there has none."""
    try:
        return file.stat().st_size
    except (FileNotFoundError, NotADirectoryError):  # the latter where a file is in the place of its folder
        return 0
