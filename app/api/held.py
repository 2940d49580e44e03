"""Requests that are held until there is news: so many at the same time, and no access key keeps the others out.

One that is held costs next to nothing but its place, and there are only so many of these.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import final

from app.domain.errors import Unavailable

MOST_CONNECTIONS = 4096
"""How many connections a server bears at the most."""


@final
class Held:
    """Who is held. Where there is no room, the key that has the most gives way to others. For one event loop."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held = dict[str, dict[asyncio.Future[None], None]]()
        """What tells each request that it is held no longer, by its key, those first that came first."""

    @contextmanager
    def hold(self, key: str) -> "Iterator[asyncio.Future[None]]":
        """Yield what is done once a request of this key should be answered, for one of another key.

        Raises Unavailable if there is no room, and no key has clearly more of it.
        """
        if sum(map(len, self._held.values())) >= self._most:
            self._make_room(key)
        let_go = asyncio.get_running_loop().create_future()
        self._held.setdefault(key, {})[let_go] = None
        try:
            yield let_go
        finally:
            self._forget(key, let_go)

    def _make_room(self, key: str) -> None:
        most = max(self._held, key=lambda one: len(self._held[one]))
        # One more than us is not enough: each would then push out the other in turn.
        if len(self._held[most]) < len(self._held.get(key, ())) + 2:
            raise Unavailable(f"As many requests wait for news as the server bears: {self._most}. Try again later.")
        first = next(iter(self._held[most]))
        self._forget(most, first)
        first.set_result(None)

    def _forget(self, key: str, let_go: "asyncio.Future[None]") -> None:
        mine = self._held.get(key, {})
        mine.pop(let_go, None)
        if not mine:
            self._held.pop(key, None)
