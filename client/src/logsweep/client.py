"""The client that blocks until an answer is there."""

import copy
import random
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from itertools import chain
from typing import Any, NoReturn, Self, TypeVar, Unpack

import httpx

from logsweep.calls import Call, Flow, Reply
from logsweep.exchange import Outcome, Send, performed
from logsweep.feed import Event, Feed, Left, forever
from logsweep.files import in_memory, sink
from logsweep.methods import blocking
from logsweep.operations import datasets as on_datasets
from logsweep.operations import keys as on_keys
from logsweep.operations import service as on_service
from logsweep.operations import sweeps as on_sweeps
from logsweep.pages import listed
from logsweep.requests import SweepRequest
from logsweep.settings import CLOCK, USUAL_SECONDS, address, authorization
from logsweep.sweep import Sweep
from logsweep.time_left import TimeLeft, cut_off

T = TypeVar("T")


class Client:
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
    change_key = blocking(on_keys.change)
    current_key = blocking(on_keys.current)
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
        """Follow what happens, to one sweep or to all, from this call on or from after an event's id, without an end.

        A lost connection is taken up where it was. An event `resync` tells that something was missed.
        """
        messages = self.messages(sweep, after)
        return _events(next(messages), messages)  # the first one comes with the connection

    def messages(
        self, sweep: str | None, after: str | None = None, left: Left = forever
    ) -> Generator[Event | None, None, NoReturn]:
        """Yield the same, and None for each sign of life; `left` tells how long they may be followed."""
        feed = Feed(sweep, after, USUAL_SECONDS if self.deadline is None else self.deadline, CLOCK, random.random)
        while True:
            error = None
            try:
                with self._http.stream(
                    "GET", feed.path, headers=feed.headers(), timeout=feed.timeout(left())
                ) as response:
                    if response.is_error:
                        feed.refused(Reply.of(response, response.read()))
                    else:
                        feed.open()
                        with cut_off(response, left()):
                            for piece in response.iter_bytes():
                                yield from feed.receive(piece)
            except httpx.TransportError as lost:
                error = lost
            time.sleep(min(feed.lost(error), left()))  # the pause before it is taken up again

    def within(self, seconds: float | None) -> Self:
        """Return this client with another deadline, or none, on the same connections."""
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
        left = TimeLeft(seconds, CLOCK)
        asked: dict[str, Any] = {"params": call.query(), "headers": call.headers, "extensions": {"timeout": left}}
        try:
            with call.body() as body:
                request = left.bound(self._http.build_request(call.method, call.path, **asked, **body))
                response = self._http.send(request, stream=True)
            with closing(response), sink(call.into if response.is_success else None) as out:
                with cut_off(response, left.seconds()):
                    for piece in response.iter_bytes():
                        out.write(piece)
                        left.require(request)
                return Reply.of(response, in_memory(out))
        except httpx.TransportError as error:
            return error


def _events(first: Event | None, messages: Generator[Event | None, None, NoReturn]) -> Iterator[Event]:
    with closing(messages):
        for message in chain([first], messages):
            if message is not None:
                yield message
