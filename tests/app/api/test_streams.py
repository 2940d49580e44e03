"""Tests of bodies that are read as they come, each in a thread."""

import asyncio
import select
import socket
from contextlib import AsyncExitStack
from hashlib import sha256
from itertools import count
from time import monotonic

import httpx
import pytest
from starlette.types import Message

from app.api.room import SLOWEST, Body
from app.api.streams import AT_ONCE, BodyThreads
from app.domain.errors import Unavailable
from tests.app.http_server.raw import connected, request
from tests.system.processes import until


def test_uploads_that_stall_hold_no_thread_from_those_that_come(shared: httpx.Client) -> None:
    stalled = request("PUT", f"/v1/work/artifacts/{'0' * 64}", "Content-Length: 100", body=b"x")
    sent = count()

    def went(stalling: list[socket.socket]) -> list[socket.socket]:
        content = b"weights %d" % next(sent)
        assert shared.put(f"/v1/work/artifacts/{sha256(content).hexdigest()}", content=content).status_code == 201
        return select.select(stalling, [], [], 0)[0]

    with connected(shared, AT_ONCE, stalled) as stalling:
        until(lambda: bool(went(stalling)), "one of those that stall has made way")
        assert {one.recv(12) for one in went(stalling)} == {b"HTTP/1.1 503"}


async def _steady(threads: BodyThreads, key: str) -> None:
    """Send a body of four pieces, each of which takes a second of its own clock."""
    now = [0.0]
    body = Body(key, clock=lambda: now[0])

    async def next_piece() -> Message:
        await asyncio.sleep(0.02)  # the others wait for so long in turn
        now[0] += 1.0
        body.received += 8 * SLOWEST
        return {"type": "http.request", "body": b"x", "more_body": True}

    async with threads.one_for(body):
        for _ in range(4):
            await body.next(next_piece)


def test_however_many_send_steadily_all_of_them_end() -> None:
    async def scene() -> None:
        threads = BodyThreads(4, patience=0.01)
        await asyncio.gather(*(_steady(threads, key) for key in ("a", "b") * 10))

    asyncio.run(asyncio.wait_for(scene(), 20))


def test_one_key_has_not_all_threads_and_who_waits_in_vain_is_told_how_many_there_are() -> None:
    async def scene() -> None:
        threads, here = BodyThreads(4, patience=0.01, longest_wait=0.05), AsyncExitStack()
        async with here:
            for key in ("greedy", "greedy", "greedy"):
                await here.enter_async_context(threads.one_for(Body(key, clock=monotonic)))
            with pytest.raises(Unavailable, match="reads 4 bodies"):
                await here.enter_async_context(threads.one_for(Body("greedy", clock=monotonic)))
            await here.enter_async_context(threads.one_for(Body("other", clock=monotonic)))

    asyncio.run(scene())
