"""The events of late, in memory and in their order, for readers that follow them from any place on.

An event is encoded when its first reader comes to it, once for all of them. A reader keeps nothing but its place, so
that a slow one costs nothing; where its place has fallen out of the memory, it is told so.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from threading import Lock
from time import monotonic
from typing import TypeVar, final

from app.domain.events import EpochsStored, Event, TrialsChanged, WorkQueued
from app.services.notifier import call_soon

MOST_NUMBERS = 100_000
"""How much the feed remembers: events, each counting as one more than it has trials; some 30 MB at most."""

MOST_TRIALS = 1024
"""Of so many trials an event tells at most; what changed more of them is cut."""

MOST_READ = 4096
"""How much a reader gets at once, counted in the same way; some 100 kB at most."""

PACE = 0.1
"""Seconds from one waking of a loop's readers to the next: what comes meanwhile is read together."""

V = TypeVar("V")


@dataclass(slots=True)
class Published:
    """An event with its number, the monotonic time at which it came, and its message once that was asked for."""

    sequence: int
    event: Event
    at: float
    message: bytes | None = None

    def once(self, encode: Callable[["Published"], bytes]) -> bytes:
        """Return the message, encoded the first time that it is asked for."""
        if self.message is None:
            self.message = encode(self)
        return self.message


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader gets: events, the sequence number that it has come to, whether it `lost` its place before.

    `more` tells that there is more to read at once.
    """

    events: Sequence[Published]
    place: int
    lost: bool = False
    more: bool = False


@final
class _Readers:
    """The readers of one event loop that wait; a waking of all of them is under way if it is `called`."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.waiting: set[asyncio.Future[None]] = set()
        self.called = False
        self.woken_at = -PACE


@final
class Feed:
    """The last events of this `boot`, counted from 1, whoever publishes them and from whatever thread."""

    def __init__(self, boot: str, most_numbers: int = MOST_NUMBERS) -> None:
        self.boot = boot
        self._most = most_numbers
        self._lock = Lock()
        self._kept: dict[int, Published] = {}
        self._numbers = 0
        self._last = 0
        self._readers: dict[asyncio.AbstractEventLoop, _Readers] = {}
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether the server is stopping, and nobody should follow any longer."""
        return self._closed

    @property
    def last(self) -> int:
        """The sequence number of the last event; 0 before the first."""
        return self._last

    def publish(self, events: Iterable[Event]) -> None:
        """Take in events in their order, and have the readers woken; what only the queue need hear is left out."""
        now = monotonic()
        with self._lock:
            for event in events:
                for part in _parts(event):
                    self._last += 1
                    self._kept[self._last] = Published(self._last, part, now)
                    self._numbers += _size(part)
            self._forget()
            self._call_readers()

    def close(self) -> None:
        """Let every reader end, for good."""
        with self._lock:
            self._closed = True
            for readers in self._readers.values():
                call_soon(readers.loop, partial(self._wake, readers))

    def place_of(self, boot: str, sequence: int) -> int | None:
        """Return the place after an event that a reader has seen; None if it is lost, or of another boot."""
        with self._lock:
            return sequence if boot == self.boot and self._reaches(sequence) else None

    def read(self, place: int, sweep: str | None = None) -> Reading:
        """Return what comes after a place, of one sweep if it is named."""
        with self._lock:
            if not self._reaches(place):
                return Reading((), self._last, lost=True)
            found, numbers = list[Published](), 0
            for sequence in range(place + 1, self._last + 1):
                if numbers >= MOST_READ:
                    return Reading(found, sequence - 1, more=True)
                one = self._kept[sequence]
                if sweep is None or getattr(one.event, "sweep", None) == sweep:
                    found.append(one)
                    numbers += _size(one.event)
            return Reading(found, self._last)

    async def wait(self, place: int, seconds: float) -> None:
        """Return when the readers are woken next, which is soon if there is news after a place; or after some time."""
        loop = asyncio.get_running_loop()
        with self._lock:
            if self._closed:
                return
            readers = self._readers.setdefault(loop, _Readers(loop))
            future = loop.create_future()
            readers.waiting.add(future)
            if self._last > place:
                self._call_readers()
        try:
            with contextlib.suppress(TimeoutError):  # without news it returns all the same
                await asyncio.wait_for(future, seconds)
        finally:
            with self._lock:
                readers.waiting.discard(future)

    def _reaches(self, place: int) -> bool:
        return self._last - len(self._kept) <= place <= self._last

    def _forget(self) -> None:
        while self._numbers > self._most:
            first = self._last - len(self._kept) + 1  # not by iteration, which would pass all that was forgotten
            self._numbers -= _size(self._kept.pop(first).event)

    def _call_readers(self) -> None:
        """Have the readers of each loop woken: at once, or when the last waking is `PACE` ago."""
        for readers in self._readers.values():
            if readers.waiting and not readers.called:
                readers.called = True
                call_soon(readers.loop, partial(self._wake_in_pace, readers))

    def _wake_in_pace(self, readers: _Readers) -> None:
        pause = readers.woken_at + PACE - readers.loop.time()
        if pause > 0:
            readers.loop.call_later(pause, self._wake, readers)
        else:
            self._wake(readers)

    def _wake(self, readers: _Readers) -> None:
        with self._lock:
            readers.called = False
            readers.woken_at = readers.loop.time()
            waiting, readers.waiting = readers.waiting, set()
        for future in waiting:
            if not future.done():
                future.set_result(None)


def _size(event: Event) -> int:
    match event:
        case TrialsChanged():
            return 1 + len(event.trials)
        case EpochsStored():
            return 1 + len(event.epochs)
        case _:
            return 1


def _parts(event: Event) -> Iterator[Event]:
    """Yield an event, cut where it tells of too many trials; nothing if it concerns the queue alone."""
    match event:
        case WorkQueued():
            return
        case TrialsChanged() if len(event.trials) > MOST_TRIALS:
            yield from (replace(event, trials=part) for part in _cut(event.trials.items()))
        case EpochsStored() if len(event.epochs) > MOST_TRIALS:
            yield from (replace(event, epochs=part) for part in _cut(event.epochs.items()))
        case _:
            yield event


def _cut(items: Iterable[tuple[int, V]]) -> Iterator[dict[int, V]]:
    left = iter(items)
    while part := dict(islice(left, MOST_TRIALS)):
        yield part
