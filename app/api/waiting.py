"""Wait on behalf of a client, for as long as it waits itself: for work, or for the end of a sweep."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from app.api.access_rules import caller_of, key_of
from app.api.held import Held
from app.api.seen import was_waited_for
from app.domain.states import SweepState
from app.domain.sweeps import Sweep
from app.domain.work import ClaimAnswer, ClaimRequest, GivenBack, ReleaseRequest
from app.services.claim_line import Place
from app.services.services import Services

Seen = TypeVar("Seen")

LONGEST_WAIT = 20.0
"""Seconds after which a client is answered even without what it waits for."""

CLAIMS_AT_ONCE = 8
"""How many claims look for work at the same time; others wait. They take no threads of those that answer the rest."""


async def claim_when_ready(services: Services, ask: ClaimRequest, request: Request) -> ClaimAnswer:
    """Claim at once and then when there may be work for this worker, until there is some or its time is up.

    A worker that hung up, or whose key opens nothing any more, gets nothing: what it was just given goes back to the
    queue. Nor does one that gave leases back meanwhile: it may be about to end, and is answered so that it knows what
    it holds. Nor does it wait for longer than half a lease, as it may have been stopped. Raises InvalidRequest.
    """
    limiter: CapacityLimiter = request.app.state.claims
    caller = caller_of(request.scope)
    async with until_gone(request) as gone:
        with services.work.place(ask, caller.id) as place:
            answer = await _look_until(
                lambda: _claimed(services, ask, place, caller.id, limiter),
                lambda answer: bool(answer.runs) or place.left or services.publisher.closed,
                partial(services.work.turn, place),
                min(ask.wait, services.work.longest_wait),
                _Client(request, gone, request.app.state.held_claims),
            )
        if answer.runs and (gone.done() or not services.access.still_opens(caller)):
            items = [GivenBack(run.lease) for run in answer.runs]
            await run_in_threadpool(services.work.release, ReleaseRequest(ask.worker, items))
            answer = ClaimAnswer([], answer.lease_seconds)
        return answer


async def _claimed(
    services: Services, ask: ClaimRequest, place: Place, owner: str, limiter: CapacityLimiter
) -> ClaimAnswer:
    """Claim at once, in a thread unless it is known that there is nothing."""
    if (nothing := services.work.nothing_for(place)) is not None:
        return nothing
    return await to_thread.run_sync(services.work.claim, ask, place, owner, limiter=limiter)


async def sweep_when_ended(services: Services, sweep: str, wait: float, request: Request) -> Sweep:
    """Return a sweep once it runs no more, or as it is when the client's time is up. Raises NotFound."""
    async with until_gone(request) as gone:
        with services.publisher.sweeps.waiting(sweep) as waiter:
            return await _look_until(
                lambda: run_in_threadpool(services.sweeps.get, sweep),
                lambda found: found.state is not SweepState.RUNNING or services.publisher.closed,
                waiter.woken,
                wait,
                _Client(request, gone, request.app.state.held_readers),
            )


@dataclass(frozen=True, slots=True)
class _Client:
    """Who waits: with which request, what is done once it has hung up, and where it is held meanwhile."""

    request: Request
    gone: "asyncio.Future[None]"
    held: Held


async def _look_until(
    look: Callable[[], Awaitable[Seen]],
    enough: Callable[[Seen], bool],
    changed: Callable[[], Coroutine[Any, Any, None]],
    wait: float,
    client: _Client,
) -> Seen:
    """Look at once and then at every change, until it is enough, the client is gone or its time is up.

    Raises Unavailable if the client would have to be held, and there is no room for it.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + min(wait, LONGEST_WAIT)
    seen = await look()
    if enough(seen) or loop.time() >= deadline:
        return seen
    with client.held.hold(key_of(client.request.scope)) as let_go:
        while (looked_at := loop.time()) < deadline and not enough(seen):
            news = await _first(changed(), {client.gone, let_go}, deadline - looked_at)
            was_waited_for(client.request, loop.time() - looked_at)
            if not news or client.gone.done() or let_go.done():
                return seen
            seen = await look()
        return seen


async def _first(changed: Coroutine[Any, Any, None], ends: "set[asyncio.Future[None]]", seconds: float) -> bool:
    """Wait for the first of them, for some seconds at most; return whether one came."""
    task = asyncio.ensure_future(changed)
    try:
        done, _ = await asyncio.wait({task, *ends}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        return bool(done)
    finally:
        task.cancel()


@asynccontextmanager
async def until_gone(request: Request) -> AsyncIterator["asyncio.Future[None]"]:
    """Yield what is done once the client has hung up."""
    gone = asyncio.ensure_future(_disconnected(request))
    try:
        yield gone
    finally:
        gone.cancel()


async def _disconnected(request: Request) -> None:
    """Return once the client hung up. The body must have been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
