"""Checkpoints as files of a cache, by content hash: losing one costs epochs, never bits."""

import hashlib
import logging
import os
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import BufferedReader
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import NamedTuple, final

from app.contract.hyperparameters import MOST_WEIGHTS
from app.domain.errors import Malformed, NotFound
from app.services.arrivals import PARTIAL, Arrival
from app.services.artifacts import is_sha256, require_sha256

FOLDER = Path("cache", "checkpoints")
"""Where they are within the data folder. It may be deleted at any time, and belongs to no backup."""

MOST_CHECKPOINT_BYTES = 40 * MOST_WEIGHTS
"""The most that one can need: a worker keeps five numbers of 4 bytes for each weight, and batch norm adds to them."""

TRUSTED_SECONDS = 10.0
"""For so long a file that was whole is taken to be so while it looks the same: disks damage without a word."""

_BLOCK = 4096

_log = logging.getLogger(__name__)


class _Stamp(NamedTuple):
    inode: int
    size: int
    changed_at_ns: int


@final
class Checkpoints:
    """A folder of at most `limit` bytes, least recently used out first; 0 keeps none.

    What is known of it here is a guess: files may vanish.
    """

    def __init__(self, folder: Path, limit: int, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._folder = folder
        self._limit = limit
        self._lock, self._noting = Lock(), Lock()
        self._checked: dict[str, tuple[_Stamp, float]] = {}  # what the files were like whose hash was right, and when
        self._sizes = _found(folder)  # the least recently used first
        self._used = sum(map(_on_disk, self._sizes.values()))
        self._shrink()

    def add(self, sha256: str, pieces: Iterator[bytes]) -> bool:
        """Keep a checkpoint; False if it does not fit or the disk refuses, which is no fault of the client.

        Raises InvalidRequest; Malformed if the content has another hash.
        """
        require_sha256(sha256)
        with Arrival(self._folder, self._limit) as arrival:
            for piece in pieces:
                arrival.write(piece)
            if arrival.sha256 != sha256:
                detail = f"The body has the SHA-256 {arrival.sha256}, but is sent as {sha256}. Send it once more."
                raise Malformed(detail)
            kept = arrival.move_to(self._folder / sha256)
        if kept:
            self._use(sha256, arrival.size)
            self._shrink()
        return kept

    def read(self, sha256: str) -> tuple[int, BufferedReader]:
        """Return the size of a checkpoint whose hash was checked, and its file. Raises InvalidRequest, NotFound."""
        require_sha256(sha256)
        path = self._folder / sha256
        try:
            file = path.open("rb")
        except OSError:
            raise self._missing(sha256) from None
        checked_at = self._checked_at(sha256, file)
        if checked_at is None and _hash(file) != sha256:
            file.close()
            _log.warning("the checkpoint %s was damaged; it is deleted", sha256)
            self._delete(sha256)
            raise self._missing(sha256)
        return self._used_now(sha256, file, self._clock() if checked_at is None else checked_at), file

    def _checked_at(self, sha256: str, file: BufferedReader) -> float | None:
        """Return when the hash of a file was right, if that was a moment ago and it looks as it did then."""
        stamp, checked_at = self._checked.get(sha256, (None, 0.0))
        return checked_at if stamp == _stamp(file) and self._clock() < checked_at + TRUSTED_SECONDS else None

    def _used_now(self, sha256: str, file: BufferedReader, checked_at: float) -> int:
        """Note that a file was used, as what it was whole, and when; return its size."""
        with self._noting:
            with suppress(OSError):  # a disk that cannot be written now
                os.utime(file.fileno())  # the order outlives a restart
            stamp = _stamp(file)
            self._checked[sha256] = stamp, checked_at
        self._use(sha256, stamp.size)
        return stamp.size

    def size(self, sha256: str) -> int:
        """Return how many bytes a checkpoint has. Raises InvalidRequest, NotFound."""
        require_sha256(sha256)
        try:
            return (self._folder / sha256).stat().st_size
        except OSError:
            raise self._missing(sha256) from None

    def _missing(self, sha256: str) -> NotFound:
        self._checked.pop(sha256, None)
        with self._lock:
            self._forget(sha256)
        return NotFound(f"The checkpoint {sha256} is not here: the cache has dropped it. Train from an earlier epoch.")

    def _use(self, sha256: str, size: int) -> None:
        with self._lock:
            self._forget(sha256)
            self._sizes[sha256] = size
            self._used += _on_disk(size)

    def _forget(self, sha256: str) -> None:
        if sha256 in self._sizes:
            self._used -= _on_disk(self._sizes.pop(sha256))

    def _shrink(self) -> None:
        """Delete the least recently used until the rest fits."""
        out = list[str]()
        with self._lock:
            while self._used > self._limit:
                out.append(next(iter(self._sizes)))
                self._forget(out[-1])
        for sha256 in out:
            self._delete(sha256)

    def _delete(self, sha256: str) -> None:
        self._checked.pop(sha256, None)
        try:
            (self._folder / sha256).unlink(missing_ok=True)
        except OSError as error:
            _log.warning("a checkpoint could not be deleted: %s", error)


def _found(folder: Path) -> OrderedDict[str, int]:
    """Return the sizes of the checkpoints in a folder, the oldest first, after clearing what never became whole."""
    whole: list[tuple[float, str, int]] = []
    try:
        for path in folder.iterdir() if folder.is_dir() else ():
            if path.name.startswith(PARTIAL):
                path.unlink(missing_ok=True)
            elif is_sha256(path.name):
                status = path.stat()
                whole.append((status.st_mtime, path.name, status.st_size))
    except OSError as error:
        _log.warning("the cache of checkpoints cannot be looked through, and begins without what is in it: %s", error)
    return OrderedDict((name, size) for _, name, size in sorted(whole))


def _hash(file: BufferedReader) -> str:
    """Return the hash of a file, which is at its start again."""
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    file.seek(0)
    return digest


def _stamp(file: BufferedReader) -> _Stamp:
    """Return what is different once a file was replaced or written to: a hundred readers at once hash it only once."""
    status = os.fstat(file.fileno())
    return _Stamp(status.st_ino, status.st_size, status.st_mtime_ns)


def _on_disk(size: int) -> int:
    """Return the room that a file takes: whole blocks, so that many small ones count as what they are."""
    return max(-(-size // _BLOCK), 1) * _BLOCK
