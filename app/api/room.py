"""Room for bodies: how much of something all of them take together at most, and which of them goes for another one.

Where no room is left, a body goes that keeps the server waiting: of those of the access key that takes the most, the
one whose client was waited for the longest. Whoever sends what is asked for stays.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import final

from starlette.types import Message, Receive

from app.domain.errors import Unavailable

PATIENCE = 1.0
"""Seconds for which a client was waited for, all in all, before its body may go for another one."""


@final
class Body:
    """A body that arrives for someone: the access key it came with, whether it is a worker's, and what it waits for."""

    def __init__(self, key: str, *, for_work: bool, clock: Callable[[], float]) -> None:
        self.key = key
        self.for_work = for_work
        self._clock = clock
        self._waited = 0.0
        self._since: float | None = None
        self._gone = asyncio.get_running_loop().create_future()

    async def next(self, receive: Receive) -> Message:
        """Return the next message of its client. Raises Unavailable once it has to go."""
        coming = asyncio.ensure_future(receive())
        self._since = self._clock()
        try:
            await asyncio.wait({coming, self._gone}, return_when=asyncio.FIRST_COMPLETED)
            if self._gone.done():
                raise Unavailable("The body kept the server waiting while others had no room. Send it once more.")
            return coming.result()
        finally:
            self._waited, self._since = self.waited, None
            coming.cancel()

    @property
    def waited(self) -> float:
        """For how many seconds its client was waited for."""
        return self._waited + (0.0 if self._since is None else self._clock() - self._since)

    @property
    def keeps_waiting(self) -> bool:
        """Whether its client is waited for now, and was for long."""
        return self._since is not None and self.waited >= PATIENCE

    def go(self) -> None:
        """End it, in favour of another one."""
        if not self._gone.done():
            self._gone.set_result(None)


@final
class Room:
    """So much of something for all bodies, of which some is kept for those of workers. For one event loop."""

    def __init__(self, most: int, for_workers: int = 0) -> None:
        self._most = most
        self._for_workers = for_workers
        self._taken: dict[Body, int] = {}
        self._used = 0

    @property
    def used(self) -> int:
        """How much all bodies have."""
        return self._used

    def hold(self, body: Body, much: int) -> bool:
        """Let a body have so much, in place of what it had; return whether there is room, or was made."""
        more = much - self._taken.get(body, 0)
        while self._used + more > self._most - (0 if body.for_work else self._for_workers):
            if (victim := self._victim(body)) is None:
                return False
            self.leave(victim)
            victim.go()
        self._taken[body] = much
        self._used += more
        return True

    def leave(self, body: Body) -> None:
        """Take back what a body has."""
        self._used -= self._taken.pop(body, 0)

    def _victim(self, asking: Body) -> Body | None:
        """Return whose body goes for another one; None if nobody keeps the server waiting."""
        of_keys = Counter[str]()
        for one, much in self._taken.items():
            of_keys[one.key] += much
        waiting = [one for one in self._taken if one is not asking and one.keeps_waiting]
        may_go = [one for one in waiting if asking.for_work or not one.for_work]
        return max(may_go, key=lambda one: (of_keys[one.key], one.waited), default=None)
