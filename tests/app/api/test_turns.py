"""Turns are shared among access keys."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.api.turns import Turns


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(test, 20.0))


async def settled() -> None:
    """Let all tasks go as far as they come by themselves."""
    for _ in range(5):
        await asyncio.sleep(0)


class Requests:
    """Requests of keys that stay until they are told to end."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self.at_work: list[str] = []
        self._ends = list[tuple[str, asyncio.Event]]()

    async def come(self, key: str) -> asyncio.Task[None]:
        """Let a request of a key come."""
        task = asyncio.create_task(self._answered(key))
        await settled()
        return task

    async def end(self, key: str) -> None:
        """End the first request of a key that is at work."""
        next(end for whose, end in self._ends if whose == key).set()
        await settled()

    async def _answered(self, key: str) -> None:
        end = asyncio.Event()
        async with self._turns.turn(key):
            self.at_work.append(key)
            self._ends.append((key, end))
            try:
                await end.wait()
            finally:
                self.at_work.remove(key)
                self._ends = [one for one in self._ends if one[1] is not end]


def test_one_key_does_not_take_all_turns() -> None:
    async def test() -> None:
        requests = Requests(Turns(4, of_each=3))
        greedy = [await requests.come("greedy") for _ in range(50)]
        assert requests.at_work == ["greedy"] * 3
        await requests.come("other")
        assert "other" in requests.at_work
        for task in greedy:
            task.cancel()

    run(test())


def test_the_next_turn_is_that_of_the_key_with_the_fewest_however_many_wait_before_it() -> None:
    async def test() -> None:
        requests = Requests(Turns(2, of_each=2))
        tasks = [await requests.come("greedy") for _ in range(50)]
        tasks += [await requests.come(one) for one in ("first", "second", "first")]
        assert Counter(requests.at_work) == {"greedy": 2}
        await requests.end("greedy")
        await requests.end("greedy")
        assert Counter(requests.at_work) == {"first": 1, "second": 1}
        for task in tasks:
            task.cancel()

    run(test())


def test_where_no_keys_are_asked_for_all_turns_are_taken() -> None:
    async def test() -> None:
        requests = Requests(Turns(4, of_each=1))
        tasks = [await requests.come("") for _ in range(9)]
        assert requests.at_work == [""] * 4
        for task in tasks:
            task.cancel()

    run(test())


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["come", "leave", "end"])), max_size=60))
def test_no_turn_is_lost_or_given_twice_whoever_leaves_and_when(steps: list[tuple[str, str]]) -> None:
    async def test() -> None:
        requests, here = Requests(Turns(3, of_each=2)), list[asyncio.Task[None]]()
        for key, step in steps:
            if step == "come":
                here.append(await requests.come(key))
            elif step == "end" and key in requests.at_work:
                await requests.end(key)
            elif step == "leave" and here:
                here.pop(ord(key) % len(here)).cancel()  # one that is answered, or one that waits
                await settled()
            counts = Counter(requests.at_work)
            assert len(requests.at_work) <= 3
            assert all(count <= 2 for count in counts.values())
        for task in here:
            task.cancel()
        await settled()
        last = [await requests.come(key) for key in "aab"]
        assert Counter(requests.at_work) == {"a": 2, "b": 1}
        for task in last:
            task.cancel()

    run(test())
