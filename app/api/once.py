"""The header Idempotency-Key: a request that makes something counts once, however often it comes."""

import hashlib
from typing import Annotated

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


async def _once(request: Request, response: Response, services: UseCases, key: _Key = None) -> Once | None:
    if key is None:
        return None
    once = Once(caller_of(request.scope).id, key, _hash(request, await request.body()))
    if await run_in_threadpool(services.sweeps.was_made, once):
        response.headers[REPLAYED] = "true"
    return once


def _hash(request: Request, body: bytes) -> str:
    """Return a hash of all that a request asks; a path and a query have no line breaks."""
    asked = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    return hashlib.sha256(asked + body).hexdigest()


CountsOnce = Annotated[Once | None, Depends(_once)]
"""What a route that makes something passes on, so that it makes it once."""
