"""Tests of the room for bodies: what all may take, what each key, and who goes for whom."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from starlette.types import Message

from app.api.room import PATIENCE, SLOWEST, Body, Room
from app.domain.errors import Unavailable

now = [0.0]


def clock() -> float:
    return now[0]


async def never() -> Message:
    await asyncio.get_running_loop().create_future()
    raise AssertionError


def body(key: str = "") -> Body:
    return Body(key, clock=clock)


async def stalled(one: Body, seconds: float = PATIENCE) -> "asyncio.Task[Message]":
    """Let a body wait for its client, for so long already."""
    task = asyncio.ensure_future(one.next(never))
    await asyncio.sleep(0)  # lets it begin to wait
    now[0] += seconds
    return task


def scene(play: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """Make a test of a coroutine."""

    def run() -> None:
        now[0] = 0.0
        asyncio.run(asyncio.wait_for(play(), 10))

    run.__name__, run.__doc__ = play.__name__, play.__doc__
    return run


@scene
async def test_all_bodies_together_have_no_more_than_there_is() -> None:
    room, first, second = Room(10), body(), body()
    assert room.hold(first, 6)
    assert not room.hold(second, 5)
    assert room.hold(second, 4)
    assert not room.hold(first, 7)
    room.leave(first)
    assert room.hold(second, 10)
    assert room.used == 10


@scene
async def test_a_key_leaves_room_for_the_small_bodies_of_many_others() -> None:
    room = Room(1 << 20)
    for number in range(20):
        key = f"greedy {number}"
        while room.hold(body(key), 1 << 12):
            pass
    assert all(room.hold(body(f"calm {number}"), 1 << 10) for number in range(100))
    assert room.hold(body(), 1 << 10)


@scene
async def test_a_key_alone_has_three_quarters() -> None:
    room = Room(100)
    assert not room.hold(body("a"), 76)
    assert room.hold(body("a"), 75)
    assert not room.hold(body("a"), 1)


@scene
async def test_a_body_that_keeps_the_server_waiting_goes_for_another_and_is_told() -> None:
    room, slow = Room(10), body()
    assert room.hold(slow, 6)
    waiting = await stalled(slow)
    assert room.hold(body(), 8)
    with pytest.raises(Unavailable, match="others had no room"):
        await waiting
    assert room.used == 8


@scene
async def test_who_was_waited_for_a_moment_or_is_not_waited_for_stays() -> None:
    room, slow, sends = Room(10), body(), body()
    assert room.hold(slow, 3)
    assert room.hold(sends, 3)
    waiting = await stalled(slow, 0.9 * PATIENCE)
    assert not room.hold(body(), 8)
    waiting.cancel()
    await asyncio.wait({waiting})
    now[0] += 100
    assert not room.hold(body(), 8)


async def arrives(one: Body, pieces: int, per_second: int) -> None:
    """Let pieces of a body arrive, a quarter of a second each."""

    async def soon() -> Message:
        now[0] += 0.25
        one.received += per_second // 4
        return {"type": "http.request", "body": b"x", "more_body": True}

    for _ in range(pieces):
        await one.next(soon)


@scene
async def test_moments_add_up_so_that_who_trickles_is_found_too() -> None:
    trickles = body()
    await arrives(trickles, 4, 100)
    before = trickles.keeps_waiting
    waiting = await stalled(trickles, 0.0)
    assert (before, trickles.keeps_waiting) == (False, True)
    waiting.cancel()


@scene
async def test_who_sends_steadily_stays_for_as_long_as_it_takes() -> None:
    room, steady = Room(10), body("a")
    assert room.hold(steady, 7)
    await arrives(steady, 1000, 2 * SLOWEST)
    waiting = await stalled(steady, PATIENCE)
    assert not room.hold(body("b"), 4)
    assert not waiting.done()
    now[0] += 600
    assert room.hold(body("b"), 4)
    waiting.cancel()


@scene
async def test_of_the_key_that_takes_most_the_one_that_sends_the_slowest_goes() -> None:
    room, bodies = Room(12), [body("a"), body("b"), body("b"), body("b")]
    for one, received in zip(bodies, (0, 2, 1, 2), strict=True):
        one.received = received
        assert room.hold(one, 2)
    first, *of_b = [await stalled(one) for one in bodies]
    assert room.hold(body("c"), 4)
    assert not first.done()
    await asyncio.wait(of_b, return_when=asyncio.FIRST_COMPLETED)
    assert [one.done() for one in of_b] == [False, True, False]


@scene
async def test_no_body_goes_for_a_key_that_would_then_have_more() -> None:
    room, slow = Room(10), body("victim")
    assert room.hold(slow, 2)
    waiting = await stalled(slow)
    while room.hold(body("greedy"), 1):
        pass
    assert room.used == 8
    assert not waiting.done()
    assert not room.hold(body("greedy"), 3)
    assert not waiting.done()
    waiting.cancel()


@scene
async def test_nobody_goes_in_vain() -> None:
    room, slow = Room(10), [body() for _ in range(3)]
    assert room.hold(body(), 4)
    assert all(room.hold(one, 2) for one in slow)
    waiting = [await stalled(one) for one in slow]
    assert not room.hold(body(), 9)
    assert room.used == 10
    assert room.hold(body(), 6)
    with pytest.raises(Unavailable):
        await waiting[-1]


@scene
async def test_thousands_that_stall_with_next_to_nothing_cost_one_look_each() -> None:
    room, looks = Room(1 << 20), [0]

    def counting() -> float:
        looks[0] += 1
        return now[0]

    crowd = [Body("crowd", clock=counting) for _ in range(1000)]
    waiting = [await stalled(one, 0.0) for one in crowd]
    assert all(room.hold(one, 1) for one in crowd)
    now[0] = PATIENCE
    assert room.hold(body("greedy"), 700_000)
    looks[0] = 0
    assert not room.hold(body("greedy"), 200_000)
    assert looks[0] <= 2 * len(crowd)
    for task in waiting:
        task.cancel()
