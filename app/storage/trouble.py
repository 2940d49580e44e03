"""Why nothing can be stored now: a disk that is full, or a writer that stands; found out by writing."""

from collections.abc import Iterable
from concurrent.futures import Future
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from app.domain import disks
from app.domain.errors import LogsweepError
from app.storage import artifacts
from app.storage.artifacts import PIECE
from app.storage.faults import HERE, Closed
from app.storage.writer import Writer

PATIENCE_SECONDS = 2.0
"""How long a write of nothing may take before the writer is said to stand."""

LEAST_FREE = 16 << 20
"""The bytes of a disk that count as none: the log of the database alone may need twice as many."""

_NO_BYTES = sha256(b"").hexdigest()


def find(writer: Writer, folder: Path, now: datetime) -> str | None:
    """Return why nothing can be stored now; None if something can.

    Where a write has found no room, some is written for a trial, and the writer is free of that trouble once it went
    through. Raises Closed.
    """
    full = writer.full
    trial = [] if full is None else [writer.submit(lambda connection: _try(connection, now))]
    refused = _refused([*trial, writer.submit(_nothing)])
    if refused is None and writer.full is full:  # and not of a write that found no room meanwhile
        writer.full = None
    return refused or _scarce(folder)


def _refused(writes: Iterable[Future[Any]]) -> str | None:
    """Return why one of these writes fails, or that it does not end."""
    try:
        for one in writes:
            one.result(PATIENCE_SECONDS)
    except TimeoutError:
        return (
            f"The thread that writes has stood for {PATIENCE_SECONDS:g} seconds: another program holds the lock of the "
            "database, or its disk hangs."
        )
    except Closed:
        raise
    except LogsweepError as error:
        return error.detail
    return None


def _try(connection: Connection, now: datetime) -> None:
    """Write a piece that nobody brings, which the next round of clearing takes away."""
    artifacts.add_piece(connection, artifacts.begin(connection, _NO_BYTES, now), 0, bytes(PIECE))


def _nothing(_: Connection) -> None:
    """Take the lock, and change nothing."""


def _scarce(folder: Path) -> str | None:
    """Return that a disk has hardly any room left."""
    try:
        free = disks.free(folder)
    except OSError as error:
        return disks.told(error, HERE).detail
    return None if free >= LEAST_FREE else disks.full(HERE, f"{free:,} bytes are free").detail
