"""Wait on behalf of a client, for as long as it waits itself: for work, or for the end of a sweep."""

import asyncio
from collections.abc import Coroutine

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from app.domain.states import SweepState
from app.domain.sweeps import Sweep
from app.domain.work import ClaimAnswer, ClaimRequest, HeartbeatRequest
from app.services.services import Services

LONGEST_WAIT = 20.0
"""Seconds after which a client is answered even without what it waits for."""


async def claim_when_ready(services: Services, ask: ClaimRequest, request: Request) -> ClaimAnswer:
    """Claim at once and then whenever work appears, until there is some or the worker's time is up.

    A worker that hung up gets nothing: what it was just given goes back to the queue.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + min(ask.wait, LONGEST_WAIT)
    gone = asyncio.ensure_future(_disconnected(request))
    try:
        while True:
            seen = services.notifier.changes
            answer = await run_in_threadpool(services.work.claim, ask)
            left = deadline - loop.time()
            if answer.segments or left <= 0 or services.notifier.closed:
                break
            await _first(services.notifier.changed_since(seen), gone, left)
            if gone.done():
                break
        if gone.done() and answer.segments:
            leases = [segment.lease for segment in answer.segments]
            await run_in_threadpool(services.work.release, HeartbeatRequest(ask.worker, leases))
        return answer
    finally:
        gone.cancel()


async def sweep_when_ended(services: Services, sweep: str, wait: float, request: Request) -> Sweep:
    """Return a sweep once it has ended, or as it is when the client's time is up. Raises NotFound."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + min(wait, LONGEST_WAIT)
    gone = asyncio.ensure_future(_disconnected(request))
    try:
        while True:
            seen = services.notifier.changes
            found = await run_in_threadpool(services.sweeps.get, sweep)
            left = deadline - loop.time()
            if found.state is not SweepState.RUNNING or left <= 0 or gone.done() or services.notifier.closed:
                return found
            await _first(services.notifier.changed_since(seen), gone, left)
    finally:
        gone.cancel()


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
