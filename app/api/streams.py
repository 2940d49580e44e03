"""Bodies that are too large for the memory: read piece by piece in the thread that works on them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from time import monotonic
from typing import BinaryIO, TypeVar, final

from anyio import CapacityLimiter, from_thread, to_thread
from fastapi import Request
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from app.api.access_rules import key_of
from app.api.bodies import require_content_type
from app.api.body_limit import BODY
from app.api.room import PATIENCE, Body, slowest_first
from app.api.turns import Turns
from app.domain.errors import Unavailable
from app.domain.uploads import PIECE

T = TypeVar("T")

AT_ONCE = 16
"""How many bodies are read at the same time; others wait. Each has a thread, but none of those that answer the rest."""

LONGEST_WAIT = 45.0
"""Seconds for which a body waits for a thread: less than its client waits until more of it is taken."""


@final
class BodyThreads:
    """Threads for bodies, which each has from its beginning to its end, in turn; keys share them.

    A body that waits for long has another one go that keeps the server waiting.
    """

    def __init__(self, count: int = AT_ONCE, patience: float = PATIENCE, longest_wait: float = LONGEST_WAIT) -> None:
        self.limiter = CapacityLimiter(count)
        self._count = count
        self._patience = patience
        self._longest_wait = longest_wait
        self._turns = Turns(count, of_each=max(1, count * 3 // 4))
        self._reading: dict[Body, int] = {}

    @asynccontextmanager
    async def one_for(self, body: Body) -> AsyncIterator[None]:
        """Let a body have a thread of the limiter. Raises Unavailable if its turn does not come for long."""
        taking = asyncio.ensure_future(self._turns.take(body.key))
        try:
            await self._turn(taking, body)
            self._reading[body] = 1
            yield
        finally:
            self._reading.pop(body, None)
            if not taking.cancel():
                self._turns.give_back(body.key)

    async def _turn(self, taking: "asyncio.Future[None]", body: Body) -> None:
        clock = asyncio.get_running_loop().time
        until = clock() + self._longest_wait
        while not (await asyncio.wait({taking}, timeout=self._patience))[0]:
            if clock() > until:
                raise Unavailable(f"The server reads {self._count} bodies of this kind already. Send it again later.")
            for victim in slowest_first(self._reading, body, 1)[:1]:
                victim.go()


async def with_body(request: Request, use: Callable[[Iterator[bytes]], T]) -> T:
    """Return what `use` makes of the pieces of a body, in a thread of its own; a piece is received when it asks for it.

    Raises HTTPException 415 for another content type; ClientDisconnect if the client hung up in the middle, or was cut
    off; Unavailable if there is no thread, or the body keeps its own waiting while others need one.
    """
    require_bytes(request)
    threads: BodyThreads = request.app.state.bodies
    async with threads.one_for(request.scope.get(BODY) or Body(key_of(request.scope), clock=monotonic)):
        return await to_thread.run_sync(use, _pieces(request.stream()), limiter=threads.limiter)


class FileAnswer(StreamingResponse):
    """The `size` bytes of an open file as an answer; it is closed even if the client hangs up midway."""

    def __init__(self, size: int, file: BinaryIO) -> None:
        pieces = iter(partial(file.read, PIECE), b"")
        super().__init__(pieces, headers={"Content-Length": str(size)}, media_type="application/octet-stream")
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer."""
        with self._file:
            await super().__call__(scope, receive, send)


def require_bytes(request: Request) -> None:
    """Raise HTTPException 415 for a body that is said to be anything but raw bytes."""
    require_content_type(request, "application/octet-stream", unless_said="application/octet-stream")


def _pieces(stream: AsyncIterator[bytes]) -> Iterator[bytes]:
    """Yield what the event loop receives, within a thread that it waits for."""
    while (piece := from_thread.run(_received, stream)) is not None:
        yield piece


async def _received(stream: AsyncIterator[bytes]) -> bytes | None:
    return await anext(stream, None)
