"""Threads that a fault ends: a server without one of its threads is alive and useless, so it hears of each."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import final

_log = logging.getLogger(__name__)


@final
class ThreadFaults:
    """What has ended threads of this process since it was watched."""

    def __init__(self) -> None:
        self.first: str | None = None
        """Which thread was the first one, and what ended it, in words; None while there is none."""

    def hear(self, fault: threading.ExceptHookArgs) -> None:
        """Take note of a thread that ends now, on that thread."""
        name = "a thread" if fault.thread is None else f"the thread {fault.thread.name}"
        what = f"{name} ended by {fault.exc_type.__name__}"
        told = f"{what}: {fault.exc_value}" if fault.exc_value and str(fault.exc_value) else what
        self.first = self.first or told
        _log.critical("%s", told, exc_info=fault.exc_value or True)


@contextmanager
def thread_faults() -> Iterator[ThreadFaults]:
    """Watch all threads of this process: what ends one is logged, and kept, SystemExit too."""
    before, faults = threading.excepthook, ThreadFaults()
    threading.excepthook = faults.hear
    try:
        yield faults
    finally:
        threading.excepthook = before
