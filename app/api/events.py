"""Feeds of events, as server-sent events that a reader can take up again where it was."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from functools import partial
from time import monotonic
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from prometheus_client import Gauge, Histogram
from starlette.types import Message, Receive, Scope, Send

from app.api.access_rules import caller_of, key_of, needs
from app.api.dependencies import UseCases
from app.api.held import Held
from app.api.strict_route import StrictRoute
from app.domain import access
from app.domain.errors import Malformed, show
from app.domain.events import DatasetChanged, Decided, EpochsStored, SweepChanged, TrialsChanged, WorkersChanged
from app.services.feed import Feed, Published, Reading
from app.services.services import Services

router = APIRouter(route_class=StrictRoute, prefix="/v1", tags=["events"])

HEARTBEAT = 15.0
"""Seconds after which a reader is sent its place, though there is nothing new: so it knows that the server lives."""

RETRY = 1000
"""Milliseconds after which a reader that lost its connection should come back."""

_NAMES: dict[type, str] = {
    SweepChanged: "sweep",
    TrialsChanged: "trials",
    EpochsStored: "epochs",
    Decided: "decisions",
    DatasetChanged: "dataset",
    WorkersChanged: "workers",
}
_ID = re.compile(r"([0-9a-f]{1,32}):([0-9]{1,18})")

After = Annotated[
    str | None, Query(max_length=100, description="the id of the last event that was seen; by default only new ones")
]
LastEventId = Annotated[
    str | None, Header(max_length=100, description="the same, as browsers send it; it comes before `after`")
]


class FeedAnswer(StreamingResponse):
    """Server-sent events until the reader leaves or the server stops."""

    media_type = "text/event-stream"

    def __init__(self, messages: AsyncIterator[bytes], readers: Gauge, held: Held) -> None:
        """Answer with messages to one of the readers, who are counted, where there is room to be held."""
        super().__init__(messages, headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"})
        self._readers = readers
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send what there is to tell, and end in order if the reader's room goes to another one. Raises Unavailable."""
        with self._held.hold(key_of(scope)) as let_go, self._readers.track_inprogress():
            await super().__call__(scope, partial(_received, receive, let_go), send)
            if let_go.done():
                await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _received(receive: Receive, let_go: "asyncio.Future[None]") -> Message:
    """Receive, or be told that the reader has left once it is let go, which ends what it is sent."""
    message = asyncio.ensure_future(receive())
    either: set[asyncio.Future[Any]] = {message, let_go}
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        return {"type": "http.disconnect"} if let_go.done() else message.result()
    finally:
        message.cancel()


@router.get("/events", status_code=200, response_class=FeedAnswer)
@needs(access.Scope.READ)
async def follow_events(
    request: Request, services: UseCases, after: After = None, last_event_id: LastEventId = None
) -> FeedAnswer:
    """Follow what happens to all sweeps, data sets and workers, as server-sent events.

    `sweep` tells its state, `trials` the states of some by number, `epochs` the last epoch of some, `decisions` their
    numbers, `dataset` and `workers` names. An id is good as long as the server runs and remembers what came after it.
    `resync` tells a reader that it missed something, and has to read anew what it shows.
    """
    return _follow(request, services, last_event_id or after, None)


@router.get("/sweeps/{sweep}/events", status_code=200, response_class=FeedAnswer)
@needs(access.Scope.READ)
async def follow_sweep(
    sweep: str, request: Request, services: UseCases, after: After = None, last_event_id: LastEventId = None
) -> FeedAnswer:
    """Follow what happens to one sweep: the events of `/v1/events` that concern it."""
    await run_in_threadpool(services.sweeps.get, sweep)
    return _follow(request, services, last_event_id or after, sweep)


def _follow(request: Request, services: Services, after: str | None, sweep: str | None) -> FeedAnswer:
    """Return a feed, which ends when the key of its reader opens nothing any more."""
    feed, key = services.publisher.feed, caller_of(request.scope)
    place = feed.last if after is None else _place(feed, after)
    messages = _messages(services.meters.event_lag, feed, place, sweep, lambda: services.access.still_opens(key))
    return FeedAnswer(messages, services.meters.feeds, request.app.state.held_readers)


def _place(feed: Feed, after: str) -> int | None:
    """Return the place after an event; None if that is lost. Raises Malformed."""
    found = _ID.fullmatch(after)
    if found is None:
        raise Malformed(f"{show(after)} is no id of an event. Send one as it came, or none to follow from now on.")
    return feed.place_of(found[1], int(found[2]))


async def _messages(
    lag: Histogram, feed: Feed, place: int | None, sweep: str | None, allowed: Callable[[], bool]
) -> AsyncIterator[bytes]:
    """Yield what a reader is sent, from its place on, as long as it is allowed; None is a lost place."""
    lost, place = place is None, feed.last if place is None else place
    yield f"retry: {RETRY}\n".encode() + (_resync(feed, place) if lost else _mark(feed, place))
    clock = asyncio.get_running_loop().time
    sent_at = clock()
    while not feed.closed and allowed():
        reading = feed.read(place, sweep)
        place = reading.place
        if message := _told(feed, reading, idle=clock() - sent_at >= HEARTBEAT):
            if reading.events:
                lag.observe(monotonic() - reading.events[0].at)
            yield message
            sent_at = clock()
        if not reading.more:
            await feed.wait(place, sent_at + HEARTBEAT - clock())


def _told(feed: Feed, reading: Reading, *, idle: bool) -> bytes:
    """Return what a reader is told of what it has read; of nothing, its place if it was `idle` for long."""
    if reading.lost:
        return _resync(feed, reading.place)
    if reading.events or not idle:
        return reading.once(partial(_message, feed.boot))
    return _mark(feed, reading.place)


def _message(boot: str, published: Published) -> bytes:
    """Return an event as it is sent."""
    head = f"id: {boot}:{published.sequence}\nevent: {_NAMES[published.kind]}\ndata: "
    return head.encode() + published.data + b"\n\n"


def _mark(feed: Feed, place: int) -> bytes:
    """Return what tells a reader its place, and is no event."""
    return f"id: {feed.boot}:{place}\n\n".encode()


def _resync(feed: Feed, place: int) -> bytes:
    return f"id: {feed.boot}:{place}\nevent: resync\ndata: {{}}\n\n".encode()
