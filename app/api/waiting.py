"""Wait on behalf of a client, for as long as it waits itself: for work, or for the end of a sweep."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import TypeVar

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from app.domain.states import SweepState
from app.domain.sweeps import Sweep
from app.domain.work import ClaimAnswer, ClaimRequest, GivenBack, ReleaseRequest
from app.services.services import Services

Seen = TypeVar("Seen")

LONGEST_WAIT = 20.0
"""Seconds after which a client is answered even without what it waits for."""


async def claim_when_ready(services: Services, ask: ClaimRequest, request: Request) -> ClaimAnswer:
    """Claim at once and then whenever work appears, until there is some or the worker's time is up.

    A worker that hung up gets nothing: what it was just given goes back to the queue. Nor does one that gave leases
    back meanwhile: it may be about to end, and is answered so that it knows what it holds.
    """
    gone, asked = asyncio.ensure_future(_disconnected(request)), services.work.now()
    try:
        answer = await _look_until(
            services,
            partial(services.work.claim, ask, asked),
            lambda answer: bool(answer.runs) or services.work.left_since(ask.worker, asked),
            ask.wait,
            gone,
        )
        if gone.done() and answer.runs:
            items = [GivenBack(run.lease) for run in answer.runs]
            await run_in_threadpool(services.work.release, ReleaseRequest(ask.worker, items))
        return answer
    finally:
        gone.cancel()


async def sweep_when_ended(services: Services, sweep: str, wait: float, request: Request) -> Sweep:
    """Return a sweep once it runs no more, or as it is when the client's time is up. Raises NotFound."""
    gone = asyncio.ensure_future(_disconnected(request))
    try:
        return await _look_until(
            services,
            partial(services.sweeps.get, sweep),
            lambda found: found.state is not SweepState.RUNNING,
            wait,
            gone,
        )
    finally:
        gone.cancel()


async def _look_until(
    services: Services,
    look: Callable[[], Seen],
    enough: Callable[[Seen], bool],
    wait: float,
    gone: "asyncio.Future[None]",
) -> Seen:
    """Look at once and then at every change, until it is enough, the client is gone or its time is up."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + min(wait, LONGEST_WAIT)
    while True:
        before = services.notifier.changes
        seen = await run_in_threadpool(look)
        left = deadline - loop.time()
        if enough(seen) or left <= 0 or services.notifier.closed:
            return seen
        await _first(services.notifier.changed_since(before), gone, left)
        if gone.done():
            return seen


async def _first(changed: Coroutine[None, None, None], gone: "asyncio.Future[None]", seconds: float) -> None:
    """Wait for the first of the two, for some seconds at most."""
    task = asyncio.ensure_future(changed)
    try:
        await asyncio.wait({task, gone}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        task.cancel()


async def _disconnected(request: Request) -> None:
    """Return once the client hung up. The body must have been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
