"""Room for bodies: how much of something all of them take together at most, and which of them goes for another one.

A key takes no more than a multiple of what it leaves free, so that a body of another key finds room, however much one
key sends. Where there is no room, bodies go that keep the server waiting: whoever sends steadily stays.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import final

from starlette.types import Message, Receive

from app.domain.errors import Unavailable

PATIENCE = 1.0
"""Seconds for which a client was waited for, all in all, before its body may go for another one."""

SLOWEST = 1 << 16
"""Bytes that come in each second for which a client is waited for, of a body that never goes for another one."""

SHARE = 3
"""How many times as much a key may take as it leaves free: one alone three quarters, two three sevenths each."""


MOST_GOING = 256
"""So many go at once for one at most, which is room enough for it: the event loop has others to serve."""

RESERVE, SMALL = 8, 1024
"""An eighth is left to keys that have little: each a thousandth of it all, so that a hundred keys always find that."""


@final
class Body:
    """A body that arrives: the access key it came with, the bytes of it that did, and how long it is waited for."""

    def __init__(self, key: str, *, clock: Callable[[], float]) -> None:
        self.key = key
        self.received = 0
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
        """Whether its client is waited for now, was for long, and sends slowly."""
        waited = self.waited
        late = waited >= PATIENCE and self.received < SLOWEST * waited
        return late and self._since is not None and not self._gone.done()

    def go(self) -> None:
        """End it, in favour of another one."""
        if not self._gone.done():
            self._gone.set_result(None)


@final
class Room:
    """So much of something for all bodies. A server without keys tells nobody apart. For one event loop."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: dict[Body, int] = {}
        self._keys = Counter[str]()

    @property
    def used(self) -> int:
        """How much all bodies have."""
        return self._keys.total()

    def hold(self, body: Body, much: int) -> bool:
        """Let a body have so much, in place of what it had; return whether there is room, or was made."""
        going = self._going(body, much - self._taken.get(body, 0))
        if going is None:
            return False
        for victim in going:
            self.leave(victim)
            victim.go()
        self._put(body, much)
        return True

    def leave(self, body: Body) -> None:
        """Take back what a body has."""
        self._put(body, 0)

    def _put(self, body: Body, much: int) -> None:
        self._keys[body.key] += much - self._taken.pop(body, 0)
        if much:
            self._taken[body] = much
        if not self._keys[body.key]:
            del self._keys[body.key]

    def _going(self, body: Body, more: int) -> Sequence[Body] | None:
        """Return who goes so that a body may have more, nobody as a rule; None if they would go in vain."""
        if more <= 0 or self._fits(self._keys, body.key, more):
            return []
        keys, going = Counter(self._keys), list[Body]()
        for victim in slowest_first(self._taken, body, more)[:MOST_GOING]:
            if _is_fair(keys, victim, body, more):
                keys[victim.key] -= self._taken[victim]
                going.append(victim)
            if self._fits(keys, body.key, more):
                return going
        return None

    def _fits(self, keys: Counter[str], key: str, more: int) -> bool:
        free, mine = self._most - keys.total() - more, keys[key] + more
        if not key or mine <= self._most // SMALL:
            return free >= 0
        return mine <= SHARE * free and free >= self._most // RESERVE


def slowest_first(taken: Mapping[Body, int], asking: Body, more: int) -> Sequence[Body]:
    """Return whose bodies may go for one that asks for more: of the key that has the most, who sends the slowest.

    Nobody goes who does not keep the server waiting, nor for a key that would then have more than the one that gives.
    """
    of_keys = Counter[str]()
    for one, much in taken.items():
        of_keys[one.key] += much
    some = [one for one in taken if one is not asking and one.keeps_waiting and _is_fair(of_keys, one, asking, more)]
    return sorted(some, key=lambda one: (-of_keys[one.key], one.received / one.waited))


def _is_fair(of_keys: Mapping[str, int], victim: Body, asking: Body, more: int) -> bool:
    return victim.key == asking.key or of_keys[victim.key] >= of_keys[asking.key] + more
