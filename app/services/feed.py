"""The events of late, in memory and in their order, for readers that follow them from any place on.

An event is kept as the text that its readers get, which takes a fraction of its memory, and what several read from the
same place on is put together once. A reader keeps nothing but its place, so that a slow one costs nothing; where its
place has fallen out of the memory, it is told so. Readers are woken a few at a time, and the less often the longer that
takes: whoever works for the service does not wait until hundreds have read.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from sys import intern
from threading import Lock
from time import monotonic
from typing import TypeVar, final

import msgspec

from app.domain.events import EpochsStored, Event, TrialsChanged, WorkQueued
from app.services.notifier import call_soon

MOST_NUMBERS = 100_000
"""How much the feed remembers: events, each counting as one more than it has trials.

They take 2 MB where many trials change at once, and some 17 MB at most.
"""

MOST_TRIALS = 1024
"""Of so many trials an event tells at most; what changed more of them is cut."""

MOST_READ = 4096
"""How much a reader gets at once, counted in the same way; some 100 kB at most."""

PACE, SLOWEST = 0.1, 1.0
"""Seconds from one round, in which a loop's readers are woken, to the next: what comes meanwhile is read together."""

TOGETHER = 16
"""Readers that are woken before others than readers are served again."""

LEISURE = 5.0
"""From one round to the next passes so many times as long as it took, `SLOWEST` at most."""

MOST_SHARED = 16
"""Of so many places it is remembered what is read from there on, until there is more."""

V = TypeVar("V")

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Published:
    """An event as it is kept: its number, its kind, its fields as JSON, and the monotonic time at which it came.

    `sweep` is the one that it concerns, if it is one; `numbers` is what it counts.
    """

    sequence: int
    kind: type[Event]
    sweep: str | None
    numbers: int
    data: bytes
    at: float


@dataclass(slots=True)
class Reading:
    """What a reader gets: events, the sequence number that it has come to, whether it `lost` its place before.

    `more` tells that there is more to read at once.
    """

    events: Sequence[Published]
    place: int
    lost: bool = False
    more: bool = False
    message: bytes | None = None

    def once(self, encode: Callable[[Published], bytes]) -> bytes:
        """Return the messages of all events, encoded the first time that they are asked for."""
        if self.message is None:
            self.message = b"".join(map(encode, self.events))
        return self.message


@final
class _Readers:
    """The readers of one event loop that wait, each with its place; a round is under way if it is `called`."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.waiting: dict[asyncio.Future[None], int] = {}
        self.called = False
        self.next_at = 0.0

    def miss(self, last: int) -> bool:
        """Return whether one of them has not seen the last event."""
        return any(place < last for place in self.waiting.values())


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
        self._shared: dict[tuple[int, str | None], Reading] = {}
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
                    self._kept[self._last] = one = _published(self._last, part, now)
                    self._numbers += one.numbers
            self._forget()
            self._shared.clear()
            for readers in self._readers.values():
                if readers.waiting:
                    self._call(readers)

    def close(self) -> None:
        """Let every reader end, for good."""
        with self._lock:
            self._closed = True
            for readers in self._readers.values():
                call_soon(readers.loop, partial(self._begin_round, readers))

    def place_of(self, boot: str, sequence: int) -> int | None:
        """Return the place after an event that a reader has seen; None if it is lost, or of another boot."""
        with self._lock:
            return sequence if boot == self.boot and self._reaches(sequence) else None

    def read(self, place: int, sweep: str | None = None) -> Reading:
        """Return what comes after a place, of one sweep if it is named; to all who ask for the same, the same."""
        with self._lock:
            if (reading := self._shared.get((place, sweep))) is None:
                reading = self._read(place, sweep)
                if len(self._shared) >= MOST_SHARED:
                    self._shared.clear()
                self._shared[place, sweep] = reading
            return reading

    def _read(self, place: int, sweep: str | None) -> Reading:
        if not self._reaches(place):
            return Reading((), self._last, lost=True)
        found, numbers = list[Published](), 0
        for sequence in range(place + 1, self._last + 1):
            if numbers >= MOST_READ:
                return Reading(found, sequence - 1, more=True)
            one = self._kept[sequence]
            if sweep is None or one.sweep == sweep:
                found.append(one)
                numbers += one.numbers
        return Reading(found, self._last)

    async def wait(self, place: int, seconds: float) -> None:
        """Return when the readers are woken next, which is soon if there is news after a place; or after some time."""
        loop = asyncio.get_running_loop()
        with self._lock:
            if self._closed:
                return
            readers = self._readers.setdefault(loop, _Readers(loop))
            future = loop.create_future()
            readers.waiting[future] = place
            if self._last > place:
                self._call(readers)
        late = loop.call_later(seconds, _wake, future)
        try:
            await future
        finally:
            late.cancel()
            with self._lock:
                readers.waiting.pop(future, None)

    def _reaches(self, place: int) -> bool:
        return self._last - len(self._kept) <= place <= self._last

    def _forget(self) -> None:
        while self._numbers > self._most:
            first = self._last - len(self._kept) + 1  # not by iteration, which would pass all that was forgotten
            self._numbers -= self._kept.pop(first).numbers

    def _call(self, readers: _Readers) -> None:
        """Have a round begin, unless one is under way."""
        if not readers.called:
            readers.called = True
            call_soon(readers.loop, partial(self._begin_round, readers))

    def _begin_round(self, readers: _Readers) -> None:
        """Wake the readers of a loop, when the last round is long enough ago."""
        now = readers.loop.time()
        if now < readers.next_at and not self._closed:
            readers.loop.call_at(readers.next_at, self._begin_round, readers)
            return
        with self._lock:
            waiting, readers.waiting = list(readers.waiting), {}
        self._wake_some(readers, waiting, now)

    def _wake_some(self, readers: _Readers, waiting: Sequence[asyncio.Future[None]], began_at: float) -> None:
        for future in waiting[:TOGETHER]:
            _wake(future)
        if rest := waiting[TOGETHER:]:
            readers.loop.call_soon(self._wake_some, readers, rest, began_at)
            return
        took = readers.loop.time() - began_at
        with self._lock:
            readers.next_at = began_at + min(max(PACE, LEISURE * took), SLOWEST)
            readers.called = False
            if readers.miss(self._last):
                self._call(readers)


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _published(sequence: int, event: Event, at: float) -> Published:
    sweep: str | None = getattr(event, "sweep", None)
    # Of thousands of events the same sweep is one text in memory.
    sweep = None if sweep is None else intern(sweep)
    return Published(sequence, type(event), sweep, _size(event), _encode(event), at)


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
