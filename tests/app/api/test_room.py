"""Tests of the room for bodies: what all may take, what is kept for workers, and who goes for whom."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from starlette.types import Message

from app.api.room import PATIENCE, Body, Room
from app.domain.errors import Unavailable

now = [0.0]


def clock() -> float:
    return now[0]


async def never() -> Message:
    await asyncio.get_running_loop().create_future()
    raise AssertionError


def body(key: str = "", *, for_work: bool = False) -> Body:
    return Body(key, for_work=for_work, clock=clock)


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
async def test_some_room_is_kept_for_workers() -> None:
    room = Room(10, for_workers=4)
    assert not room.hold(body(), 7)
    assert room.hold(body(), 6)
    assert room.hold(body(for_work=True), 4)


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


@scene
async def test_moments_add_up_so_that_who_trickles_is_found_too() -> None:
    trickles = body()

    async def soon() -> Message:
        now[0] += PATIENCE / 4
        return {"type": "http.request", "body": b"x", "more_body": True}

    for _ in range(4):
        await trickles.next(soon)
    before = trickles.keeps_waiting
    waiting = await stalled(trickles, 0.0)
    assert (before, trickles.keeps_waiting) == (False, True)
    waiting.cancel()


@scene
async def test_of_the_key_that_takes_most_the_one_that_was_waited_for_longest_goes() -> None:
    room, bodies = Room(10), [body("a"), body("b"), body("b"), body("b")]
    for one in bodies:
        assert room.hold(one, 2)
    first, *of_b = [await stalled(one) for one in bodies]
    assert room.hold(body("c"), 3)
    assert not first.done()
    await asyncio.wait(of_b, return_when=asyncio.FIRST_COMPLETED)
    assert [one.done() for one in of_b] == [True, False, False]


@scene
async def test_no_worker_goes_for_somebody_else() -> None:
    room, worker, other = Room(10), body(for_work=True), body()
    assert room.hold(worker, 8)
    waiting = await stalled(worker)
    assert not room.hold(other, 4)
    assert room.hold(body(for_work=True), 4)
    with pytest.raises(Unavailable):
        await waiting
