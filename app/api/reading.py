"""Reads have a bound and a deadline, and end when their client leaves: workers never wait for what readers ask."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeVar

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from app.api.access_rules import key_of
from app.api.turns import Turns
from app.domain import patience
from app.domain.patience import Patience

T = TypeVar("T")

AT_ONCE = 8
"""How many reads run at the same time; others wait. It is less than the threads and connections that there are."""

READS_OF_EACH = 6
"""How many of them may be of one access key: others find a turn at once, whatever it asks."""

MODELS_AT_ONCE = 4
"""How many requests make models, or answer with them, at the same time. It is few of the threads that all routes share:
one model is made after the other, which may take long, and whoever waits for that holds up nobody else."""

MODELS_OF_EACH = 3
"""How many of them may be of one access key."""

LARGE_FILES_AT_ONCE = 2
"""How many of them have a file of more than 1 MiB in memory, which waits for its turn on the disk."""

LARGE_FILES_OF_EACH = 1
"""How many of these may be of one access key."""

LONGEST_READ = 15.0
"""Seconds after which a read is given up, the time included that it waits for its turn."""

LOOK_AFTER = 0.1
"""Seconds after which a read counts as long: only then is watched whether its client leaves."""


async def as_read(request: Request, handle: Callable[[Request], Awaitable[Response]]) -> Response:
    """Return what `handle` answers once it is this read's turn. Raises Unavailable if that takes too long."""
    own = _patience(request)
    watch = asyncio.get_running_loop().create_task(_leave_with(request, own))
    try:
        async with _turn(request, request.app.state.reads, own):
            with patience.within(own):
                return await handle(request)
    finally:
        watch.cancel()


async def among_reads(request: Request, use: Callable[[], T]) -> T:
    """Return what `use` answers in a thread, once it is this request's turn among the reads: it changes nothing.

    Raises Unavailable if it takes too long until then.
    """
    async with _turn(request, request.app.state.reads, _patience(request)):
        return await run_in_threadpool(use)


async def with_models(request: Request, use: Callable[[], T]) -> T:
    """Return what `use` answers in a thread, once it is this request's turn among those that need models.

    Raises Unavailable if it takes too long until then; what has begun may take as long as it does.
    """
    async with _turn(request, request.app.state.models, _patience(request)):
        return await run_in_threadpool(use)


async def with_large_file(request: Request, use: Callable[[], T]) -> T:
    """Return what `use` answers, as above, once it is this request's turn among those that read a large file, too."""
    own = _patience(request)
    async with _turn(request, request.app.state.large_files, own), _turn(request, request.app.state.models, own):
        return await run_in_threadpool(use)


def _patience(request: Request) -> Patience:
    seconds: float = request.app.state.longest_read
    return Patience(seconds)


@asynccontextmanager
async def _turn(request: Request, turns: Turns, own: Patience) -> AsyncIterator[None]:
    async with AsyncExitStack() as turn:
        try:
            async with asyncio.timeout(own.seconds_left):
                await turn.enter_async_context(turns.turn(key_of(request.scope)))
        except TimeoutError:
            raise own.exhausted() from None
        if own.is_over:
            raise own.exhausted()
        yield


async def _leave_with(request: Request, own: Patience) -> None:
    """Note when the client leaves."""
    await asyncio.sleep(LOOK_AFTER)
    while (await request.receive())["type"] != "http.disconnect":
        pass
    own.leave()
