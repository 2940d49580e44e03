"""The resident memory of a server, of what helps it and of its workers, as Linux tells it while they run."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEGABYTE = 1_000_000
LOOK_EVERY = 0.01
"""Seconds between two looks at the processes."""


class Peaks:
    """The largest resident memory seen, in bytes.

    `server` is that of the server with all that helps it, `alone` its own, `helper` and `worker` that of one of these.
    """

    def __init__(self, server: int) -> None:
        self._server = server
        self.server = self.alone = self.helper = self.worker = 0

    def look(self) -> None:
        """Look at the processes once."""
        children = [*descendants(self._server)]
        workers = [process for process in children if "work" in _command(process)]
        helpers = [process for process in children if process not in workers]
        together = memory(self._server, "VmRSS") + sum(memory(one, "VmRSS") for one in helpers)
        self.alone = max(self.alone, memory(self._server, "VmHWM"))
        self.server = max(self.server, self.alone, together)
        self.helper = max([self.helper, *(memory(one, "VmHWM") for one in helpers)])
        self.worker = max([self.worker, *(memory(one, "VmHWM") for one in workers)])


def descendants(process: int) -> Iterator[int]:
    """Yield the processes that a process started, and those that they did."""
    try:
        listed = [task.read_text() for task in Path(f"/proc/{process}/task").glob("*/children")]
    except OSError:
        return  # it has ended
    for child in map(int, " ".join(listed).split()):
        yield child
        yield from descendants(child)


def _command(process: int) -> list[str]:
    try:
        return Path(f"/proc/{process}/cmdline").read_text().split("\0")
    except OSError:
        return []  # it has ended


def memory(process: int, kind: str) -> int:
    """Return the resident memory of a process in bytes, 0 if it ended: VmRSS is what it takes, VmHWM its peak."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0  # it has ended
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith(f"{kind}:")), 0)


@contextmanager
def watched(server: int) -> Iterator[Peaks]:
    """Look at the processes of a server again and again until the context ends."""
    peaks, done = Peaks(server), threading.Event()

    def watch() -> None:
        while not done.wait(LOOK_EVERY):
            peaks.look()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peaks
    finally:
        done.set()
        thread.join()
