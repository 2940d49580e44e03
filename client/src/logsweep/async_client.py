"""The client whose answers are awaited."""

import asyncio
import copy
import random
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any, Self, TypeVar, Unpack

import httpx

from logsweep.async_sweep import AsyncSweep
from logsweep.calls import Call, Flow, Reply
from logsweep.exchange import Outcome, Send, performed
from logsweep.feed import Event, Feed, Left, forever
from logsweep.files import in_memory, sink
from logsweep.methods import awaited
from logsweep.operations import datasets as on_datasets
from logsweep.operations import keys as on_keys
from logsweep.operations import service as on_service
from logsweep.operations import sweeps as on_sweeps
from logsweep.pages import async_listed
from logsweep.requests import SweepRequest
from logsweep.settings import CLOCK, USUAL_SECONDS, address, authorization
from logsweep.time_left import TimeLeft, next_within

T = TypeVar("T")


class AsyncClient:
    """A server of logsweep: at `url`, else where LOGSWEEP_SERVER says, else on port 8000 of this machine.

    It is asked with the access `key` that is given, else with that of LOGSWEEP_KEY, or of the file that
    LOGSWEEP_KEY_FILE names. Each operation ends within `deadline` seconds, all of its requests and tries included;
    without one each answer may take a minute, and large work longer. What may be repeated is tried again after a moment
    when no answer comes. What the server refuses is raised as a `Refused`, with its sentences. To be used as a context,
    or closed.
    """

    _place: tuple[Any, ...] = ()

    def __init__(
        self,
        url: str | None = None,
        *,
        key: str | None = None,
        deadline: float | None = None,
        headers: Mapping[str, str] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.url = address(url)
        self.deadline = deadline
        self._http = httpx.AsyncClient(
            base_url=self.url, headers={**authorization(key), **(headers or {})}, transport=transport
        )

    health = awaited(on_service.health)
    readiness = awaited(on_service.readiness)
    hyperparameters = awaited(on_service.hyperparameters)
    metrics = awaited(on_service.metrics)
    check_gradient = awaited(on_service.check_gradient)
    backup = awaited(on_service.backup)
    upload = awaited(on_datasets.upload)
    preview_upload = awaited(on_datasets.preview)
    dataset = awaited(on_datasets.show)
    delete_dataset = awaited(on_datasets.delete)
    preview = awaited(on_sweeps.preview)
    create_key = awaited(on_keys.create)
    change_key = awaited(on_keys.change)
    current_key = awaited(on_keys.current)
    revoke_key = awaited(on_keys.revoke)
    datasets = async_listed(on_datasets.page)
    sweeps = async_listed(on_sweeps.page)
    workers = async_listed(on_service.workers)
    access_keys = async_listed(on_keys.page)

    async def sweep(self, request: Mapping[str, Any] | None = None, /, **fields: Unpack[SweepRequest]) -> AsyncSweep:
        """Start a sweep: a whole request as `POST /v1/sweeps` takes it, fields of one, or both."""
        return AsyncSweep(self, await self.run(on_sweeps.create(request, **fields)))

    async def get_sweep(self, sweep: str) -> AsyncSweep:
        """Return a sweep by its id."""
        return AsyncSweep(self, await self.run(on_sweeps.show(sweep)))

    async def events(self, sweep: str | None = None, *, after: str | None = None) -> AsyncIterator[Event]:
        """Follow what happens, to one sweep or to all, from this call on or from after an event's id, without an end.

        A lost connection is taken up where it was. An event `resync` tells that something was missed.
        """
        messages = self.messages(sweep, after)
        return _Events(await anext(messages), messages)  # the first one comes with the connection

    async def messages(
        self, sweep: str | None, after: str | None = None, left: Left = forever
    ) -> AsyncGenerator[Event | None, None]:
        """Yield the same, and None for each sign of life; `left` tells how long they may be followed."""
        feed = Feed(sweep, after, USUAL_SECONDS if self.deadline is None else self.deadline, CLOCK, random.random)
        while True:
            error = None
            try:
                timeout = feed.timeout(left())
                async with self._http.stream("GET", feed.path, headers=feed.headers(), timeout=timeout) as response:
                    if response.is_error:
                        feed.refused(Reply.of(response, await response.aread()))
                    else:
                        feed.open()
                        pieces = response.aiter_bytes()
                        while (piece := await next_within(response, pieces, left())) is not None:
                            for event in feed.receive(piece):
                                yield event
            except httpx.TransportError as lost:
                error = lost
            await asyncio.sleep(min(feed.lost(error), left()))

    def within(self, seconds: float | None) -> Self:
        """Return this client with another deadline, or none, on the same connections."""
        other = copy.copy(self)
        other.deadline = seconds
        return other

    async def run(self, call: Call[T] | Flow[T]) -> T:
        """Run a call, or a flow of several, and return its result. Raises LogsweepError."""
        steps = performed(call, self.deadline, CLOCK, random.random)
        outcome: Outcome | None = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as end:
                result: T = end.value
                return result
            if isinstance(step, Send):
                outcome = await self._send(step.call, step.seconds)
            else:
                await asyncio.sleep(step.seconds)
                outcome = None

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.url!r})"

    async def _send(self, call: Call[Any], seconds: float) -> Outcome:
        left = TimeLeft(seconds, CLOCK)
        asked: dict[str, Any] = {"params": call.query(), "headers": call.headers, "extensions": {"timeout": left}}
        try:
            with call.body() as body:
                request = left.bound(self._http.build_request(call.method, call.path, **asked, **body))
                response = await self._http.send(request, stream=True)
            async with aclosing(response):
                with sink(call.into if response.is_success else None) as out:
                    pieces = response.aiter_bytes()
                    while (piece := await next_within(response, pieces, left.seconds())) is not None:
                        out.write(piece)
                        left.require(request)
                    return Reply.of(response, in_memory(out))
        except httpx.TransportError as error:
            return error


class _Events:
    """The events among messages; no generator of its own, as an event loop at its end closes all of them at once."""

    def __init__(self, first: Event | None, messages: AsyncGenerator[Event | None, None]) -> None:
        self._first = first
        self._messages = messages

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        message, self._first = self._first, None
        while message is None:
            message = await anext(self._messages)
        return message
