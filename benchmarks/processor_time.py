"""The processor time of a process and of all that it started, as Linux tells it while they run."""

import os
import threading
import time
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.memory import descendants

LOOK_EVERY = 0.25
"""Seconds between two looks at the processes."""

_TICKS = os.sysconf("SC_CLK_TCK")


class Used:
    """What processes had used at some instants since the first, both in seconds."""

    def __init__(self, process: int) -> None:
        self._process, self._start, self._before = process, time.perf_counter(), _of_all(process)
        self._instants, self._used = [0.0], [0.0]

    def look(self) -> None:
        """Look at the processes once; what ended since the last look counts where its parent has waited for it."""
        self._used.append(max(_of_all(self._process) - self._before, self._used[-1]))
        self._instants.append(time.perf_counter() - self._start)

    def by(self, seconds: float) -> float:
        """Return what they had used by an instant, at the next look after it."""
        place = bisect_left(self._instants, seconds)
        return self._used[min(place, len(self._used) - 1)]


@contextmanager
def watched(process: int) -> Iterator[Used]:
    """Look at a process and its descendants again and again until the context ends."""
    used, done = Used(process), threading.Event()

    def watch() -> None:
        while not done.wait(LOOK_EVERY):
            used.look()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield used
    finally:
        done.set()
        thread.join()
        used.look()


def _of_all(process: int) -> float:
    return sum(_of(one) for one in (process, *descendants(process)))


def _of(process: int) -> float:
    """Return the processor seconds of a process and of its children that have ended; 0 if it ended itself."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / _TICKS
