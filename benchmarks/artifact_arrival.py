"""What an upload of 256 MB costs those who write meanwhile, and in memory: python -m benchmarks.artifact_arrival [MiB].

A content goes into a storage on disk while another thread stores one small data set after the other. Its writes are
timed alone first, then during the upload, during a backup, and while the content is deleted. Linux alone tells the peak
of a process.
"""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from app.domain.datasets import DatasetSummary
from app.planning.policy import StandardPolicy
from app.storage import SqliteStorage, Storage
from app.storage.artifacts import PIECE
from benchmarks.memory import MEGABYTE, memory
from benchmarks.spread import Target, show_table

_ALONE = 200
_numbers = count()
_MOST_MEMORY = Target("<=", 100.0, " MB")
"""SQLite's cache of the writer may grow to 64 MiB, whatever comes."""

SMALL = DatasetSummary(
    name="small",
    sha256=sha256(b"small").hexdigest(),
    task="binary",
    builtin=False,
    rows={"train": 1, "dev": 1, "test": 1},
    features=1,
    outputs=1,
    card={},
    created_at=datetime.now(UTC),
)


def main(mebibytes: int) -> None:
    """Print the times of small writes and the memory taken."""
    with TemporaryDirectory(prefix="logsweep-") as folder:
        content = Path(folder) / "content"
        large = replace(SMALL, name="large", sha256=_write(content, mebibytes))
        with closing(SqliteStorage(Path(folder) / "data", StandardPolicy())) as storage:
            print(_measured(storage, large, content, mebibytes))


def _measured(storage: Storage, large: DatasetSummary, content: Path, mebibytes: int) -> str:
    alone = [_small_write(storage) for _ in range(_ALONE)]
    before, start = memory(os.getpid(), "VmHWM"), perf_counter()
    with _writing(storage) as during:
        storage.add_dataset(large, content, large.sha256)
    seconds = perf_counter() - start
    taken = (memory(os.getpid(), "VmHWM") - before) / MEGABYTE
    start = perf_counter()
    with _writing(storage) as copying:
        storage.backup().close()
    copied = perf_counter() - start
    with _writing(storage) as leaving:
        storage.remove_dataset("large")
        cleared = storage.clear_artifacts(datetime.now(UTC), mebibytes)
    rows = [
        _row("alone", alone),
        _row("during the upload", during),
        _row("during a backup", copying),
        _row("during the deletion", leaving),
    ]
    return (
        f"## Storage: a content of {mebibytes} MiB arrives and leaves\n\n"
        f"{show_table(['small writes', 'count', 'median', '99 %', 'longest'], rows)}\n\n"
        f"The upload took {seconds:.1f} s and {taken:.0f} MB of memory ({_MOST_MEMORY.verdict(taken)}); "
        f"the backup took {copied:.1f} s; {cleared} pieces were deleted."
    )


def _write(path: Path, mebibytes: int) -> str:
    """Write a file of random bytes; return its hash."""
    digest = sha256()
    with path.open("wb") as file:
        for _ in range(mebibytes):
            piece = os.urandom(PIECE)
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest()


def _small_write(storage: Storage) -> float:
    small = replace(SMALL, name=f"small{next(_numbers)}")
    start = perf_counter()
    storage.add_dataset(small, b"small", SMALL.sha256)
    return perf_counter() - start


@contextmanager
def _writing(storage: Storage) -> Iterator[list[float]]:
    """Write small rows in another thread until the context ends; the list gets their seconds."""
    seconds: list[float] = []
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            seconds.append(_small_write(storage))

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield seconds
    finally:
        stop.set()
        thread.join()


def _row(name: str, seconds: list[float]) -> list[str]:
    ordered = sorted(seconds)
    figures = [ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100], ordered[-1]]
    return [name, f"{len(ordered):,}", *(f"{1000 * one:,.1f} ms" for one in figures)]


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 256)
