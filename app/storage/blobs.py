"""Contents in the database, written and read piece by piece: SQLite copies a value that comes in one piece twice."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.sqlite import insert

from app.storage.tables import contents

PIECE = 1 << 20
"""Bytes that are written or read at a time."""


def add_content(connection: Connection, sha256: str, content: bytes | Path) -> None:
    """Store a content, or what the file at a path holds, under its hash, unless it is there."""
    size = content.stat().st_size if isinstance(content, Path) else len(content)
    room = insert(contents).on_conflict_do_nothing().values(sha256=sha256, content=func.zeroblob(size))
    if not connection.execute(room).rowcount or not size:
        return
    blob = _open(connection, sha256, readonly=False)
    try:
        with content.open("rb") if isinstance(content, Path) else io.BytesIO(content) as file:
            while piece := file.read(PIECE):
                blob.write(piece)
    finally:
        blob.close()


def content_size(connection: Connection, sha256: str) -> int | None:
    """Return how many bytes a content has; None if it is not there."""
    size: int | None = connection.execute(
        select(func.length(contents.c.content)).where(contents.c.sha256 == sha256)
    ).scalar()
    return size


def read_content(connection: Connection, sha256: str) -> bytes:
    """Return a content that is there."""
    blob = _open(connection, sha256, readonly=True)
    try:
        content: bytes = blob.read()
    finally:
        blob.close()
    return content


def content_pieces(connection: Connection, sha256: str) -> Iterator[bytes]:
    """Yield a content that is there, piece by piece, within the transaction that the connection has begun."""
    blob = _open(connection, sha256, readonly=True)
    try:
        while piece := blob.read(PIECE):
            yield piece
    finally:
        blob.close()


def _open(connection: Connection, sha256: str, *, readonly: bool) -> Any:
    """Return the blob of a content that is there."""
    row = connection.exec_driver_sql("SELECT rowid FROM contents WHERE sha256 = ?", (sha256,)).scalar_one()
    driver: Any = connection.connection.driver_connection
    # pysqlite3 kept the name that it gave the method before the standard library had one.
    open_blob = getattr(driver, "blobopen", None) or driver.open_blob
    return open_blob("contents", "content", row, readonly=readonly)
