"""Turns: how many requests are answered at the same time, of which no access key takes those of all others."""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import final


@final
class Turns:
    """So many turns at the same time, and of each access key at most `of_each`. For one event loop.

    Who comes while there is none waits in the line of its key. The next turn is that of the key which has the fewest;
    of several, of the one whose last turn is the longest ago. A server without keys knows nobody by name, and holds
    nobody back.
    """

    def __init__(self, at_once: int, of_each: int) -> None:
        self._at_once = at_once
        self._of_each = of_each
        self._taken = Counter[str]()
        self._lines = dict[str, deque[asyncio.Future[None]]]()
        self._given = Counter[str]()
        """The number of the last turn of each key: the lower, the longer ago."""
        self._count = 0

    @asynccontextmanager
    async def turn(self, key: str) -> AsyncIterator[None]:
        """Wait for a turn of this key, and have it."""
        await self.take(key)
        try:
            yield
        finally:
            self.give_back(key)

    async def take(self, key: str) -> None:
        """Wait for a turn of this key, which has to be given back."""
        place = asyncio.get_running_loop().create_future()
        self._lines.setdefault(key, deque()).append(place)
        self._pass_on()
        try:
            await place
        except asyncio.CancelledError:
            if place.cancelled():
                self._leave(key, place)
            else:  # it was given in the moment in which nobody wanted it any more
                self.give_back(key)
            raise

    def give_back(self, key: str) -> None:
        """End a turn."""
        self._taken[key] -= 1
        if not self._taken[key]:
            del self._taken[key]
        self._pass_on()

    def _pass_on(self) -> None:
        """Give the turns that are free."""
        while self._taken.total() < self._at_once and (key := self._next()) is not None:
            place = self._lines[key].popleft()
            if not self._lines[key]:
                del self._lines[key]
            if not place.done():  # or its client has left just now
                self._count += 1
                self._taken[key] += 1
                self._given[key] = self._count
                place.set_result(None)

    def _next(self) -> str | None:
        waiting = (key for key in self._lines if not key or self._taken[key] < self._of_each)
        return min(waiting, key=lambda one: (self._taken[one], self._given[one]), default=None)

    def _leave(self, key: str, place: "asyncio.Future[None]") -> None:
        line = self._lines.get(key, deque())
        if place in line:
            line.remove(place)
            if not line:
                del self._lines[key]
