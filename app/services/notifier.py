"""Wakes those who wait for work or for the end of a sweep, within this process."""

import asyncio
import contextlib
from threading import Lock
from typing import final


@final
class Notifier:
    """A counter of changes that can be awaited in any event loop and raised from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._changes = 0
        self._closed = False
        self._waiting: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    @property
    def changes(self) -> int:
        """The number of changes so far; read it before looking for work, so that none is missed."""
        return self._changes

    @property
    def closed(self) -> bool:
        """Whether the server is stopping, so that nothing should wait any longer."""
        return self._closed

    def notify(self) -> None:
        """Count a change and wake everyone."""
        with self._lock:
            self._changes += 1
            waiting, self._waiting = self._waiting, set()
        for loop, event in waiting:
            with contextlib.suppress(RuntimeError):  # the loop has closed: its waiters went with it
                loop.call_soon_threadsafe(event.set)

    def close(self) -> None:
        """Wake everyone for the last time."""
        self._closed = True
        self.notify()

    async def changed_since(self, seen: int) -> None:
        """Return once the counter differs from `seen`, or the notifier is closed."""
        waiter = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            if self._changes != seen or self._closed:
                return
            self._waiting.add(waiter)
        try:
            await waiter[1].wait()
        finally:
            with self._lock:
                self._waiting.discard(waiter)
