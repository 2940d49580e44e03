"""Connections to the SQLite file: which driver, which pragmas, one kind for writing and one for reading."""

import importlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool, StaticPool

from app.domain.errors import Unavailable
from app.storage.faults import faults_told, tell_faults

READERS = 8
"""How many read-only connections stay open; a few more are opened under load."""

WAL_LIMIT = 32 << 20
"""The bytes of write-ahead log from which on it is begun anew."""

_BUSY_MILLISECONDS = 10_000
"""How long a write waits for another program that holds the lock, before it is refused."""

IN_USE, AT_REST = 1, 0
"""The mark in a database: whether a server uses it. While one does, its last changes are in the log beside it."""

_MOST_PAGES = 0xFFFFFFFE
"""The most that SQLite can count."""

_WRITER_PRAGMAS = (
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}",
    # 16 MiB: with more, a server with many trials took more memory, and was no faster.
    "PRAGMA cache_size = -16384",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
    f"PRAGMA journal_size_limit = {WAL_LIMIT}",
)
_READER_PRAGMAS = (
    "PRAGMA query_only = ON",
    "PRAGMA busy_timeout = 5000",
    "PRAGMA cache_size = -16384",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA trusted_schema = OFF",
)


def driver() -> ModuleType:
    """Return pysqlite3 where it is installed, which brings a recent SQLite, or else the standard sqlite3."""
    try:
        return importlib.import_module("pysqlite3.dbapi2")
    except ImportError:
        return sqlite3


def driver_version() -> tuple[int, ...]:
    """Return the version of the SQLite that the driver brings."""
    found: tuple[int, ...] = driver().sqlite_version_info
    return found


def writing_engine(path: Path) -> Engine:
    """Return the engine of the one writing connection: WAL, every transaction BEGIN IMMEDIATE.

    What the database refuses is raised as an error of ours. Raises Unavailable where the file system cannot do
    write-ahead logging.
    """
    module = driver()

    def connect() -> sqlite3.Connection:
        connection: sqlite3.Connection = module.connect(path, isolation_level=None, check_same_thread=False)
        _require_wal(connection, path)
        for pragma in _WRITER_PRAGMAS:
            connection.execute(pragma)
        return connection

    engine = create_engine("sqlite+pysqlite://", module=module, creator=connect, poolclass=StaticPool)
    tell_faults(engine)
    return _beginning_with("BEGIN IMMEDIATE", engine)


def reading_engine(path: Path) -> Engine:
    """Return an engine of a few read-only connections; each transaction sees one snapshot."""
    module = driver()
    address = f"file:{quote(str(path.resolve()))}?mode=ro"

    def connect() -> sqlite3.Connection:
        connection: sqlite3.Connection = module.connect(
            address, uri=True, isolation_level=None, check_same_thread=False
        )
        for pragma in _READER_PRAGMAS:
            connection.execute(pragma)
        return connection

    engine = create_engine(
        "sqlite+pysqlite://",
        module=module,
        creator=connect,
        poolclass=QueuePool,
        pool_use_lifo=True,  # each has a cache of pages: what a few can do fills those of a few
        pool_size=READERS,
        max_overflow=READERS * 4,
    )
    tell_faults(engine)
    return _beginning_with("BEGIN", engine)


def looking(path: Path) -> sqlite3.Connection:
    """Return a connection that only reads, also while nobody else has the database open, and leaves nothing behind.

    Without a log the file is taken for one that nobody changes: SQLite would make a log else. With one, that is read
    too, and stays: another connection would bring it into the file and delete it, as the last one that closes.
    """
    log = path.with_name(f"{path.name}-wal")
    lonely = "" if log.exists() and log.stat().st_size else "&immutable=1"
    address = f"file:{quote(str(path.resolve()))}?mode=ro{lonely}"
    connection: sqlite3.Connection = driver().connect(address, uri=True, isolation_level=None, check_same_thread=False)
    return connection


def looking_engine(path: Path) -> Engine:
    """Return an engine on one such connection."""
    return create_engine("sqlite+pysqlite://", module=driver(), creator=lambda: looking(path), poolclass=StaticPool)


def faults_of(connection: Connection, most: int = 10) -> list[str]:
    """Return what is wrong with the pages, the indexes and the references of a database; all of it is read."""
    found = [str(row[0]) for row in connection.exec_driver_sql(f"PRAGMA integrity_check({most})") if row[0] != "ok"]
    return found + [f"a row of {table} refers to nothing" for table in broken_references(connection)]


def mark(connection: Connection, value: int) -> None:
    """Write into the database whether a server uses it; for the writing connection, outside a transaction."""
    with connection.begin():
        connection.exec_driver_sql(f"PRAGMA user_version = {value}")


def limit_size(connection: Connection, most: int | None) -> None:
    """Let the database become no larger than so many bytes; None for as large as it can. Outside a transaction.

    SQLite keeps that for a connection, and so it is said to each that the engine makes after this one.
    """

    def limit(driver_connection: Any, _: object = None) -> None:
        (page,) = driver_connection.execute("PRAGMA page_size").fetchone()
        driver_connection.execute(f"PRAGMA max_page_count = {_MOST_PAGES if most is None else most // page}").fetchone()

    event.listen(connection.engine, "connect", limit)
    limit(connection.connection.driver_connection)


def in_transaction(connection: Connection) -> bool:
    """Return whether the database itself still has the transaction open: SQLite ends it on a full disk, for one."""
    if connection.invalidated:
        return False
    driver_connection = connection.connection.dbapi_connection
    return driver_connection is not None and bool(driver_connection.in_transaction)


@contextmanager
def unchecked_references(connection: Connection) -> Iterator[None]:
    """Leave foreign keys unchecked for a change of the schema, which rebuilds tables that others refer to.

    SQLite heeds this only outside a transaction: `broken_references` tells within it whether all is well again.
    """
    driver_connection: Any = connection.connection.driver_connection
    driver_connection.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        driver_connection.execute("PRAGMA foreign_keys = ON")


def broken_references(connection: Connection) -> list[str]:
    """Return the tables that have rows which refer to nothing."""
    rows = connection.exec_driver_sql("PRAGMA foreign_key_check")
    return sorted({str(row[0]) for row in rows})


def write_back(connection: Connection, seconds: float = 0.0) -> bool:
    """Write all of the log into the file and cut the log to nothing; false if a reader was in the way for so long.

    For the writing connection, outside a transaction. What can be written back is, in any case.
    """
    driver_connection: Any = connection.connection.driver_connection
    driver_connection.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}")
    try:
        with faults_told():
            busy, _, _ = driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        driver_connection.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
    return not busy


def optimize(connection: Connection) -> None:
    """Let the database gather the statistics that its planner lacks."""
    with connection.begin():
        connection.exec_driver_sql("PRAGMA optimize")


def _beginning_with(begin: str, engine: Engine) -> Engine:
    """Send `begin` for each transaction: with isolation_level None the driver opens none by itself."""

    @event.listens_for(engine, "begin")
    def send_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _require_wal(connection: sqlite3.Connection, path: Path) -> None:
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        connection.close()
        raise Unavailable(
            f"The file system of {path.parent} gives SQLite journal mode {mode!r}, but logsweep needs "
            "write-ahead logging. Put the data folder on a local disk, not on a network share."
        )
