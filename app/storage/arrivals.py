"""Bytes come in, in the thread of whoever brings them: a job of the writer per piece, so that others get between."""

import hashlib
import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TypeVar, final

from sqlalchemy import Connection

from app.storage import artifacts
from app.storage.artifacts import PIECE
from app.storage.faults import Closed
from app.storage.writer import Writer

T = TypeVar("T")
Source = bytes | Path | Iterable[bytes]
"""Bytes in memory, in a file, or as they come, in parts of any size."""

TERM = timedelta(hours=1)
"""How long bytes may take to come, and how long they stay without a name."""

_TOGETHER = 8
"""How many pieces a job of the writer deletes."""


@final
class Arrivals:
    """Brings bytes in, deletes what leaves, a few pieces at a time, and lets go of what came to nothing."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._under_way: set[int] = set()
        """The keys of the arrivals that somebody brings; all others were given up, if not on disk yet."""
        self._looked_until: datetime | None = None

    def bring(self, sha256: str, source: Source, now: datetime, name: Callable[[Connection, int], T]) -> T:
        """Store bytes under their hash unless they are here, and return what `name` makes of the artifact's key.

        `name` runs in the transaction in which the artifact is there: what it names stays, and if it fails, nothing is
        kept. Where the bytes are here, no more than two pieces of the source are read. Raises InvalidRequest if the
        bytes have another hash.
        """
        pieces = cut(source)
        first, second = next(pieces, b""), next(pieces, None)
        if second is None:  # one job of the writer, not four: most models are that small
            artifacts.require_hash(sha256, hashlib.sha256(first).hexdigest())
            return self._writer.submit(
                lambda connection: name(connection, artifacts.add_small(connection, sha256, first, now))
            ).result()
        done = self._writer.submit(lambda connection: _named(connection, sha256, now, name)).result()
        return self._arrive(sha256, chain([first, second], pieces), now, name) if done is None else done[0]

    def clear(self, now: datetime, limit: int) -> int:
        """Delete up to about `limit` pieces; return how many there were.

        Gives up arrivals that nobody brings any more or that take longer than an hour, and artifacts that nobody named
        within one.
        """
        self._let_go(now - TERM)
        cleared = 0
        while cleared < limit:
            some = self._writer.submit(lambda connection: artifacts.clear(connection, _TOGETHER)).result()
            cleared += some
            if some < _TOGETHER:
                break
        return cleared

    def _arrive(self, sha256: str, pieces: Iterable[bytes], now: datetime, name: Callable[[Connection, int], T]) -> T:
        key = self._writer.submit(partial(self._begin, sha256=sha256, now=now)).result()
        try:
            size, found = _send(self._writer, key, pieces)
            return self._writer.submit(
                lambda connection: name(connection, artifacts.settle(connection, key, size, found, now))
            ).result()
        except BaseException:
            # Not waited for: on a full disk it fails too, and the next round gives the arrival up.
            with suppress(Closed):
                self._writer.submit(lambda connection: artifacts.abandon(connection, key))
            raise
        finally:
            self._under_way.discard(key)

    def _begin(self, connection: Connection, sha256: str, now: datetime) -> int:
        key = artifacts.begin(connection, sha256, now)
        self._under_way.add(key)  # here, in the thread of the writer, where the next round looks
        return key

    def _let_go(self, until: datetime) -> None:
        after = self._looked_until
        given_up = self._writer.submit(
            lambda connection: artifacts.give_up_arrivals(connection, until, self._under_way)
        )
        # Each is looked at once: if it had a name then, whoever takes that away lets it go.
        forgotten = self._writer.submit(lambda connection: artifacts.forget_never_named(connection, after, until))
        given_up.result()
        forgotten.result()
        self._looked_until = until


def known_size(source: Source) -> int:
    """Return how many bytes a source has, as far as that is known before they come."""
    if isinstance(source, Path):
        return source.stat().st_size
    return len(source) if isinstance(source, bytes) else 0


def cut(source: Source) -> Iterator[bytes]:
    """Yield the bytes of a source in pieces of 1 MiB, the last one as long as it comes."""
    if isinstance(source, bytes | Path):
        with source.open("rb") if isinstance(source, Path) else io.BytesIO(source) as file:
            while piece := file.read(PIECE):
                yield piece
        return
    waiting = bytearray()
    for part in source:
        waiting += part
        while len(waiting) >= PIECE:
            yield bytes(waiting[:PIECE])
            del waiting[:PIECE]
    if waiting:
        yield bytes(waiting)


def _named(connection: Connection, sha256: str, now: datetime, name: Callable[[Connection, int], T]) -> tuple[T] | None:
    """Return what `name` makes of an artifact that is here; None if there is none."""
    key = artifacts.touch(connection, sha256, now)
    return None if key is None else (name(connection, key),)


def _send(writer: Writer, key: int, pieces: Iterable[bytes]) -> tuple[int, str]:
    """Store pieces one after the other; return how many bytes there were, and their hash in hex."""
    size, digest = 0, hashlib.sha256()
    for number, piece in enumerate(pieces):
        writer.submit(partial(artifacts.add_piece, key=key, number=number, content=piece)).result()
        size += len(piece)
        digest.update(piece)
    return size, digest.hexdigest()
