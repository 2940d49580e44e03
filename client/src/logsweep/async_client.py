"""The client whose answers are awaited."""

import asyncio
import copy
import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing
from typing import Any, Self, TypeVar, Unpack

import httpx

from logsweep.async_sweep import AsyncSweep
from logsweep.calls import Call, Flow, Reply
from logsweep.exchange import Outcome, Send, performed, require_time
from logsweep.feed import SILENCE, Event, Feed
from logsweep.files import PIECE, in_memory, sink
from logsweep.methods import awaited
from logsweep.operations import datasets as on_datasets
from logsweep.operations import keys as on_keys
from logsweep.operations import service as on_service
from logsweep.operations import sweeps as on_sweeps
from logsweep.pages import async_listed
from logsweep.requests import SweepRequest
from logsweep.settings import CLOCK, DEADLINE, address, authorization

T = TypeVar("T")


class AsyncClient:
    """A server of logsweep: at `url`, else where LOGSWEEP_SERVER says, else on port 8000 of this machine.

    It is asked with the access `key` that is given, else with that of LOGSWEEP_KEY, or of the file that
    LOGSWEEP_KEY_FILE names. Each answer may take `deadline` seconds with all tries: what may be repeated is tried again
    after a moment when no answer comes. What the server refuses is raised as a `Refused`, with its sentences. To be
    used as a context, or closed.
    """

    _place: tuple[Any, ...] = ()

    def __init__(
        self,
        url: str | None = None,
        *,
        key: str | None = None,
        deadline: float = DEADLINE,
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
        """Follow what happens, to one sweep or to all, from now on or from after an event's id, without an end.

        A lost connection is taken up where it was. An event `resync` tells that something was missed.
        """
        async for event in self.messages(sweep, after):
            if event is not None:
                yield event

    async def messages(
        self, sweep: str | None, after: str | None = None, silence: Callable[[], float] = lambda: SILENCE
    ) -> AsyncIterator[Event | None]:
        """Yield the same, and None for each sign of life; `silence` tells how long the next one may take."""
        feed = Feed(sweep, after, self.deadline, CLOCK, random.random)
        while True:
            error = None
            try:
                timeout = httpx.Timeout(self.deadline, read=silence())
                async with self._http.stream("GET", feed.path, headers=feed.headers(), timeout=timeout) as response:
                    if response.is_error:
                        feed.refused(Reply.of(response, await response.aread()))
                    else:
                        feed.open()
                        async for piece in response.aiter_bytes():
                            for event in feed.receive(piece):
                                yield event
            except httpx.TransportError as lost:
                error = lost
            await asyncio.sleep(min(feed.lost(error), silence()))

    def within(self, seconds: float) -> Self:
        """Return this client with another deadline, on the same connections."""
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
        ends_at = CLOCK() + seconds
        try:
            with call.body() as body:
                request = self._http.build_request(call.method, call.path, params=call.query(), timeout=seconds, **body)
                response = await self._http.send(request, stream=True)
            async with aclosing(response):
                with sink(call.into if response.is_success else None) as out:
                    async for piece in response.aiter_bytes(PIECE):
                        out.write(piece)
                        require_time(ends_at, CLOCK(), request)
                    return Reply.of(response, in_memory(out))
        except httpx.TransportError as error:
            return error
