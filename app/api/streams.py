"""Bodies that are too large for the memory: read piece by piece in the thread that works on them."""

from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import BinaryIO, TypeVar

from anyio import CapacityLimiter, from_thread, to_thread
from fastapi import Request
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from app.api.bodies import require_content_type
from app.domain.uploads import PIECE

T = TypeVar("T")

AT_ONCE = 16
"""How many bodies are read at the same time; others wait. Each has a thread, but none of those that answer the rest."""


async def with_body(request: Request, use: Callable[[Iterator[bytes]], T]) -> T:
    """Return what `use` makes of the pieces of a body, in a thread of its own; a piece is received when it asks for it.

    The application has a limiter for these threads. Raises HTTPException 415 for another content type;
    ClientDisconnect if the client hung up in the middle, or was cut off.
    """
    require_bytes(request)
    limiter: CapacityLimiter = request.app.state.bodies
    return await to_thread.run_sync(use, _pieces(request.stream()), limiter=limiter)


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
