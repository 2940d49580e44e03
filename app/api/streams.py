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

from app.api.bodies import require_content_type
from app.api.body_limit import BODY
from app.api.room import Body, Room
from app.domain.errors import Unavailable
from app.domain.uploads import PIECE

T = TypeVar("T")

AT_ONCE = 16
"""How many bodies are read at the same time; others wait. Each has a thread, but none of those that answer the rest."""

LONGEST_WAIT = 15.0
"""Seconds for which a body waits for a thread."""

SOON = 0.05
"""Seconds after which there may be a thread where there was none."""


@final
class BodyThreads:
    """Threads for bodies, each of which has one from its beginning to its end; one that stalls goes for another."""

    def __init__(self, count: int = AT_ONCE) -> None:
        self.limiter = CapacityLimiter(count)
        self._room = Room(count)

    @asynccontextmanager
    async def one_for(self, body: Body) -> AsyncIterator[None]:
        """Let a body have a thread of the limiter. Raises Unavailable if none is free for long."""
        clock = asyncio.get_running_loop().time
        until = clock() + LONGEST_WAIT
        while not self._room.hold(body, 1):
            if clock() > until:
                raise Unavailable(f"The server reads {AT_ONCE} bodies of this kind already. Send it again later.")
            await asyncio.sleep(SOON)
        try:
            yield
        finally:
            self._room.leave(body)


async def with_body(request: Request, use: Callable[[Iterator[bytes]], T]) -> T:
    """Return what `use` makes of the pieces of a body, in a thread of its own; a piece is received when it asks for it.

    Raises HTTPException 415 for another content type; ClientDisconnect if the client hung up in the middle, or was cut
    off; Unavailable if there is no thread, or the body keeps its own waiting while others need one.
    """
    require_bytes(request)
    threads: BodyThreads = request.app.state.bodies
    async with threads.one_for(request.scope.get(BODY) or Body("", for_work=True, clock=monotonic)):
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
