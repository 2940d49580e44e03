"""The client that blocks until an answer is there."""

import copy
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any, Self, TypeVar, Unpack

import httpx

from logsweep.calls import Call, Flow, Reply
from logsweep.exchange import Outcome, Send, performed, require_time
from logsweep.feed import SILENCE, Event, Feed
from logsweep.files import PIECE, in_memory, sink
from logsweep.methods import blocking
from logsweep.operations import datasets as on_datasets
from logsweep.operations import keys as on_keys
from logsweep.operations import service as on_service
from logsweep.operations import sweeps as on_sweeps
from logsweep.pages import listed
from logsweep.requests import SweepRequest
from logsweep.settings import CLOCK, DEADLINE, address, authorization
from logsweep.sweep import Sweep

T = TypeVar("T")


class Client:
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
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.url = address(url)
        self.deadline = deadline
        self._http = httpx.Client(
            base_url=self.url, headers={**authorization(key), **(headers or {})}, transport=transport
        )

    health = blocking(on_service.health)
    readiness = blocking(on_service.readiness)
    hyperparameters = blocking(on_service.hyperparameters)
    metrics = blocking(on_service.metrics)
    check_gradient = blocking(on_service.check_gradient)
    backup = blocking(on_service.backup)
    upload = blocking(on_datasets.upload)
    preview_upload = blocking(on_datasets.preview)
    dataset = blocking(on_datasets.show)
    delete_dataset = blocking(on_datasets.delete)
    preview = blocking(on_sweeps.preview)
    create_key = blocking(on_keys.create)
    revoke_key = blocking(on_keys.revoke)
    datasets = listed(on_datasets.page)
    sweeps = listed(on_sweeps.page)
    workers = listed(on_service.workers)
    access_keys = listed(on_keys.page)

    def sweep(self, request: Mapping[str, Any] | None = None, /, **fields: Unpack[SweepRequest]) -> Sweep:
        """Start a sweep: a whole request as `POST /v1/sweeps` takes it, fields of one, or both."""
        return Sweep(self, self.run(on_sweeps.create(request, **fields)))

    def get_sweep(self, sweep: str) -> Sweep:
        """Return a sweep by its id."""
        return Sweep(self, self.run(on_sweeps.show(sweep)))

    def events(self, sweep: str | None = None, *, after: str | None = None) -> Iterator[Event]:
        """Follow what happens, to one sweep or to all, from now on or from after an event's id, without an end.

        A lost connection is taken up where it was. An event `resync` tells that something was missed.
        """
        for event in self.messages(sweep, after):
            if event is not None:
                yield event

    def messages(
        self, sweep: str | None, after: str | None = None, silence: Callable[[], float] = lambda: SILENCE
    ) -> Iterator[Event | None]:
        """Yield the same, and None for each sign of life; `silence` tells how long the next one may take."""
        feed = Feed(sweep, after, self.deadline, CLOCK, random.random)
        while True:
            error = None
            try:
                timeout = httpx.Timeout(self.deadline, read=silence())
                with self._http.stream("GET", feed.path, headers=feed.headers(), timeout=timeout) as response:
                    if response.is_error:
                        feed.refused(Reply.of(response, response.read()))
                    else:
                        feed.open()
                        for piece in response.iter_bytes():
                            yield from feed.receive(piece)
            except httpx.TransportError as lost:
                error = lost
            time.sleep(min(feed.lost(error), silence()))

    def within(self, seconds: float) -> Self:
        """Return this client with another deadline, on the same connections."""
        other = copy.copy(self)
        other.deadline = seconds
        return other

    def run(self, call: Call[T] | Flow[T]) -> T:
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
                outcome = self._send(step.call, step.seconds)
            else:
                time.sleep(step.seconds)
                outcome = None

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.url!r})"

    def _send(self, call: Call[Any], seconds: float) -> Outcome:
        ends_at = CLOCK() + seconds
        try:
            with call.body() as body:
                request = self._http.build_request(call.method, call.path, params=call.query(), timeout=seconds, **body)
                response = self._http.send(request, stream=True)
            with closing(response), sink(call.into if response.is_success else None) as out:
                for piece in response.iter_bytes(PIECE):
                    out.write(piece)
                    require_time(ends_at, CLOCK(), request)
                return Reply.of(response, in_memory(out))
        except httpx.TransportError as error:
            return error
