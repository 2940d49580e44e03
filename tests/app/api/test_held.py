"""Requests that are held share the room among access keys."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from contextlib import ExitStack
from typing import Any

import pytest

from app.api.held import Held
from app.domain.errors import Unavailable


class Room:
    """Requests that are held until the end."""

    def __init__(self, most: int) -> None:
        self._held = Held(most)
        self._all = list[tuple[str, asyncio.Future[None]]]()
        self.stack = ExitStack()

    def come(self, key: str) -> None:
        """Let a request of a key come."""
        self._all.append((key, self.stack.enter_context(self._held.hold(key))))

    def here(self) -> dict[str, int]:
        """Return how many each key has that were not let go."""
        return Counter(key for key, let_go in self._all if not let_go.done())


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(test)


def test_a_key_alone_has_all_the_room_and_no_more() -> None:
    async def test() -> None:
        room = Room(8)
        for _ in range(8):
            room.come("greedy")
        with pytest.raises(Unavailable, match="8"):
            room.come("greedy")
        assert room.here() == {"greedy": 8}
        room.stack.close()
        room.come("greedy")

    run(test())


def test_who_has_the_most_gives_way_until_all_have_the_same() -> None:
    async def test() -> None:
        room = Room(8)
        for key in ("greedy",) * 7 + ("calm",) + ("other",) * 3:
            room.come(key)
        for key in ("greedy", "other") * 20:
            with pytest.raises(Unavailable):
                room.come(key)
        assert room.here() == {"greedy": 4, "calm": 1, "other": 3}

    run(test())


def test_whoever_came_first_goes_first() -> None:
    async def test() -> None:
        held, going = Held(2), ExitStack()
        first, second = going.enter_context(held.hold("a")), going.enter_context(held.hold("a"))
        going.enter_context(held.hold("b"))
        assert (first.done(), second.done()) == (True, False)

    run(test())
