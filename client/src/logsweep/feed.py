"""Server-sent events without a socket: what is read becomes messages, and a lost connection is taken up again."""

import codecs
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from pydantic import TypeAdapter, ValidationError

from logsweep.calls import Reply, place
from logsweep.errors import DeadlineExceeded, Unavailable, Unreachable, Unreadable, refusal
from logsweep.exchange import LONGEST_PAUSE, Chance
from logsweep.time_left import Clock

SILENCE = 45.0
"""Seconds without a byte after which a connection is taken for lost: the server sends something every 15."""


_DATA = TypeAdapter(dict[str, Any])
_LONGEST_NUMBER = 10


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: `kind` is `sweep`, `trials`, `epochs`, `decisions`, `dataset`, `workers` or `resync`.

    After `resync` something was missed, and what is shown has to be read anew.
    """

    kind: str
    data: dict[str, Any]
    id: str


LONGEST_LINE = 1 << 20
"""The most characters of a line: an event has the numbers of a thousand trials at most."""

Left = Callable[[], float]
"""Tells the seconds for which something may still be followed. Raises DeadlineExceeded when they are over."""


def forever() -> float:
    """Return no limit."""
    return float("inf")


class Feed:
    """A reader's place in the events of a server, or of one sweep.

    `patience` is for how many seconds a server that is away is asked again.
    """

    def __init__(self, sweep: str | None, after: str | None, patience: float, clock: Clock, chance: Chance) -> None:
        self.path = place("v1", "events") if sweep is None else place("v1", "sweeps", sweep, "events")
        self._last = after
        self._patience = patience
        self._clock = clock
        self._chance = chance
        self._pause = 1.0
        self._lost_at: float | None = clock()  # nothing was heard yet
        self.open()

    def timeout(self, left: float) -> httpx.Timeout:
        """Return what a connection may wait for, of the seconds that are left."""
        return httpx.Timeout(min(self._patience, left), read=min(SILENCE, left))

    def headers(self) -> dict[str, str]:
        """Return the headers of the next connection, which goes on after what was read."""
        return {"Accept": "text/event-stream"} | ({} if self._last is None else {"Last-Event-ID": self._last})

    def open(self) -> None:
        """Begin to read a new connection."""
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._text = ""
        self._fields: dict[str, str] = {}

    def refused(self, reply: Reply) -> None:
        """Hear that the server sends no events. Raises LogsweepError unless that may pass."""
        if not isinstance(error := refusal(reply), Unavailable):
            raise error

    def receive(self, piece: bytes) -> Iterator[Event | None]:
        """Yield the events that a piece completes; None is a sign of life that tells the place alone.

        Raises Unreadable for what is no feed of our server's.
        """
        self._lost_at = None
        for line in self._lines(piece):
            said = line.removesuffix("\r")
            name, _, value = said.partition(":")
            if not said:
                yield from self._complete()
            elif name:  # without one it is a comment
                self._fields[name] = value.removeprefix(" ")

    def _lines(self, piece: bytes) -> list[str]:
        try:
            self._text += self._decoder.decode(piece)
        except UnicodeDecodeError as error:
            raise self._unreadable(piece, error) from None
        *lines, self._text = self._text.split("\n")
        if len(self._text) > LONGEST_LINE:
            raise self._unreadable(self._text, f"a line of more than {LONGEST_LINE:,} characters")
        return lines

    def _unreadable(self, came: bytes | str, why: object) -> Unreadable:
        return Unreadable.of(f"GET {self.path}", came, why)

    def lost(self, error: httpx.TransportError | None) -> float:
        """Return the seconds after which to come back. Raises Unreachable after a time without an answer."""
        now = self._clock()
        if self._lost_at is None:  # a connection that fell silent is told of late: patience begins with the loss
            self._lost_at = now
        if now - self._lost_at > self._patience:
            raise Unreachable(f"The events broke off, and for {self._patience:g} s nothing was heard: {error}")
        pause = self._pause
        self._pause = min(2.0 * pause, LONGEST_PAUSE)
        return pause * (0.5 + 0.5 * self._chance())

    def _complete(self) -> Iterator[Event | None]:
        fields, self._fields = self._fields, {}
        self._last = fields.get("id", self._last)
        retry = fields.get("retry", "")
        if retry.isdecimal() and len(retry) < _LONGEST_NUMBER:  # others are passed over, as in browsers
            self._pause = int(retry) / 1000 or self._pause
        if "data" in fields:
            yield Event(fields.get("event", "message"), self._data(fields["data"]), self._last or "")
        elif "id" in fields:
            yield None

    def _data(self, text: str) -> dict[str, Any]:
        try:
            return _DATA.validate_json(text)
        except ValidationError as error:
            raise self._unreadable(text, error) from None


class Watch:
    """Decides when a sweep that is waited for has to be looked at: it is told by events, and asks nobody."""

    REFRESH = 0.5
    """Seconds between two looks at counts."""

    def __init__(self, timeout: float | None, clock: Clock) -> None:
        self._clock = clock
        self._timeout = timeout
        self._ends_at = float("inf") if timeout is None else clock() + timeout
        self._looked_at = float("-inf")

    def left(self) -> float:
        """Return the seconds that are left. Raises DeadlineExceeded when the time is up."""
        if (left := self._ends_at - self._clock()) <= 0:
            raise self._over()
        return left

    def deadline(self, usual: float | None) -> float | None:
        """Return the deadline of a look, by that of its client. Raises DeadlineExceeded when the time is up."""
        soonest = min(self.left(), float("inf") if usual is None else usual)
        return None if soonest == float("inf") else soonest

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Tell of a look that ended with the time what the wait was for."""
        try:
            yield
        except (DeadlineExceeded, Unreachable) as error:
            if self._clock() < self._ends_at:
                raise
            raise self._over() from error

    def _over(self) -> DeadlineExceeded:
        return DeadlineExceeded(f"The sweep has not ended within {self._timeout:g} s. It goes on; wait again.")

    def wants_look(self, event: Event | None) -> bool:
        """Return whether a look is due. Raises DeadlineExceeded when the time is up."""
        self.left()
        now = self._clock()
        if event is not None and event.kind not in {"sweep", "resync"} and now - self._looked_at < self.REFRESH:
            return False
        self._looked_at = now
        return True
