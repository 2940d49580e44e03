"""The header Idempotency-Key: a request that makes something counts once, however often it comes."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated, final

from fastapi import Depends, Header, Request, Response
from fastapi.concurrency import run_in_threadpool

from app.api.access_rules import caller_of
from app.api.dependencies import UseCases
from app.domain.repeats import LONGEST_KEY, Once

REPLAYED = "Idempotency-Replayed"
"""A header of answers about what an earlier request has made already."""

_Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=LONGEST_KEY,
        pattern="^[!-~]+$",
        description="a text of your choice, by which the request counts once if it is sent again within a day",
    ),
]


@dataclass(slots=True)
class _Turn:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0


@final
class RepeatTurns:
    """Lets requests with the same key wait for each other, so that each can say whether one came before it.

    That nothing is made twice does not rest on it: the storage sees to that.
    """

    def __init__(self) -> None:
        self._turns: dict[tuple[str, str], _Turn] = {}

    @asynccontextmanager
    async def take(self, once: Once) -> AsyncIterator[None]:
        """Wait until no other request with this key is being answered."""
        place = once.owner, once.key
        turn = self._turns.setdefault(place, _Turn())
        turn.waiting += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.waiting -= 1
            if not turn.waiting:
                del self._turns[place]


async def _once(
    request: Request, response: Response, services: UseCases, key: _Key = None
) -> AsyncIterator[Once | None]:
    if key is None:
        yield None
        return
    once = Once(caller_of(request.scope).id, key, _hash(request, await request.body()))
    turns: RepeatTurns = request.app.state.repeat_turns
    async with turns.take(once):
        if await run_in_threadpool(services.sweeps.was_made, once):
            response.headers[REPLAYED] = "true"
        yield once


def _hash(request: Request, body: bytes) -> str:
    """Return a hash of all that a request asks; a path and a query have no line breaks."""
    asked = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    return hashlib.sha256(asked + body).hexdigest()


CountsOnce = Annotated[Once | None, Depends(_once, scope="function")]
"""What a route that makes something passes on, so that it makes it once."""
