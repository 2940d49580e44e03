"""The time that an exchange has left, told to each of its steps, so that all of them together end in time."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Timer
from typing import Any

import httpx

Clock = Callable[[], float]

SHORTEST = 0.001
"""Seconds that a step is given at least: nothing waits for none at all."""


class TimeLeft:
    """The seconds that one sending of a request has, its answer included."""

    def __init__(self, seconds: float, clock: Clock) -> None:
        self._clock = clock
        self._ends_at = clock() + seconds

    def seconds(self) -> float:
        """Return what is left."""
        return max(self._ends_at - self._clock(), SHORTEST)

    def get(self, _phase: str, _default: object = None) -> float:
        """Return the same, as httpx asks before it connects, writes and reads: `extensions={"timeout": left}`."""
        return self.seconds()

    def require(self, request: httpx.Request) -> None:
        """Raise ReadTimeout where nothing is left."""
        if self._clock() >= self._ends_at:
            raise _too_long(request)

    def bound(self, request: httpx.Request) -> httpx.Request:
        """Return the request with a body that is sent as long as there is time, in however many pieces."""
        request.stream = _Timed(request.stream, self, request)
        return request


class _Timed(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that breaks off when its time is up."""

    def __init__(self, body: Any, left: TimeLeft, request: httpx.Request) -> None:
        self._body = body
        self._left = left
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._body:
            self._left.require(self._request)
            yield piece

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._body:
            self._left.require(self._request)
            yield piece


@contextmanager
def cut_off(response: httpx.Response, seconds: float) -> Iterator[None]:
    """Shut the connection of a response that is still being read after so many seconds. Raises ReadTimeout then.

    httpx bounds each read by what was left before the first one, so that a stalled answer could take twice as long.
    """
    stream = response.extensions.get("network_stream")
    if stream is None or seconds == float("inf"):
        yield
        return
    is_cut = Event()
    timer = Timer(seconds, _cut, [stream, is_cut])
    timer.daemon = True
    timer.start()
    try:
        yield
    except httpx.TransportError:
        if not is_cut.is_set():
            raise
    finally:
        timer.cancel()
    if is_cut.is_set():  # what was read of it may look like a whole answer
        raise _too_long(response.request)


def _cut(stream: Any, is_cut: Event) -> None:
    is_cut.set()
    with suppress(OSError):  # it was closed already
        stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)


async def next_within(response: httpx.Response, pieces: AsyncIterator[bytes], seconds: float) -> bytes | None:
    """Return the next piece of a response, None after the last one. Raises ReadTimeout after so many seconds."""
    try:
        async with asyncio.timeout(None if seconds == float("inf") else seconds):
            return await anext(pieces, None)
    except TimeoutError:
        raise _too_long(response.request) from None


def _too_long(request: httpx.Request) -> httpx.ReadTimeout:
    return httpx.ReadTimeout("The answer took too long.", request=request)
