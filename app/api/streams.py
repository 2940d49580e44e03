"""Bodies that are too large for the memory: read piece by piece in the thread that works on them."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import TypeVar

from anyio import from_thread
from fastapi import HTTPException, Request
from fastapi.concurrency import run_in_threadpool

T = TypeVar("T")


async def with_body(request: Request, use: Callable[[Iterator[bytes]], T]) -> T:
    """Return what `use` makes of the pieces of a body, in a thread of its own; a piece is received when it asks for it.

    Raises HTTPException 415 for another content type; ClientDisconnect if the client hung up in the middle.
    """
    require_bytes(request)
    return await run_in_threadpool(use, _pieces(request.stream()))


def require_bytes(request: Request) -> None:
    """Raise HTTPException 415 for a body that is said to be anything but raw bytes."""
    kind = request.headers.get("content-type", "application/octet-stream").partition(";")[0].strip().lower()
    if kind != "application/octet-stream":
        raise HTTPException(415, f"The content type is {kind!r}; this route takes application/octet-stream.")


def _pieces(stream: AsyncIterator[bytes]) -> Iterator[bytes]:
    """Yield what the event loop receives, within a thread that it waits for."""
    while (piece := from_thread.run(anext, stream, None)) is not None:
        yield piece
