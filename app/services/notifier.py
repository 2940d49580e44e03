"""Wakes those who wait for a change of one thing, such as the end of a sweep, within this process."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from threading import Lock
from typing import final


def call_soon(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    """Have something called in an event loop, from any thread; nothing if the loop has closed."""
    with contextlib.suppress(RuntimeError):  # the loop has closed: who waited there went with it
        loop.call_soon_threadsafe(call)


@final
class Waiter:
    """Something in the running event loop that waits, and that any thread may wake."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()

    def wake(self) -> None:
        """Let `woken` return, now or when it is called next."""
        call_soon(self._loop, self._event.set)

    async def woken(self) -> None:
        """Return once it was woken since the last return."""
        await self._event.wait()
        self._event.clear()


@final
class Notifier:
    """Who waits for a change of which thing; a change of another one wakes nobody."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: dict[str, set[Waiter]] = {}

    @contextlib.contextmanager
    def waiting(self, thing: str) -> Iterator[Waiter]:
        """Yield what is woken at each change of a thing; look at it after this, so that no change is missed."""
        waiter = Waiter()
        with self._lock:
            self._waiting.setdefault(thing, set()).add(waiter)
        try:
            yield waiter
        finally:
            with self._lock:
                self._waiting[thing].discard(waiter)
                if not self._waiting[thing]:
                    del self._waiting[thing]

    def notify(self, thing: str) -> None:
        """Wake those who wait for a change of a thing."""
        with self._lock:
            for waiter in self._waiting.get(thing, ()):
                waiter.wake()

    def close(self) -> None:
        """Wake everyone for the last time."""
        with self._lock:
            for waiters in self._waiting.values():
                for waiter in waiters:
                    waiter.wake()
