"""The places of a server: which connections are open, which of them wait for their clients, and who goes for others.

One rule makes room: when all places are taken, the connection goes that has waited for its client the longest, be it
for a request, for the rest of a body, or until an answer is read. Whoever is served, or keeps up, stays.
"""

import logging
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import islice, takewhile
from typing import Protocol, final

from app.http_server.kinds import Kind
from app.http_server.limits import Limits
from app.http_server.refusals import FULL, STOPPING, Refusal, late_body, late_head
from app.http_server.tally import Tally

PATIENCE = 1.0
"""Seconds for which a request under way has waited for its client before it may go for another one."""


HEARING = 0.1
"""Seconds for which a connection stays in any case."""

AT_ONCE = 32
"""Connections of a kind that are closed before others are served again: a thousand came together, and come again."""

SOON = 0.01
"""Seconds after which there may be room where there was none."""

MADE_WAY = "made way for others, as all places were taken"
SLOW_BODY = "sent a body too slowly"


class Awaited(Enum):
    """What a connection waits for its client to do."""

    HEAD = auto()
    """Send the head of a request."""
    NEXT = auto()
    """Begin another one."""
    BODY = auto()
    """Send more of a body."""
    READING = auto()
    """Read what it is sent."""
    REST = auto()
    """Be done with a body that has been answered already, or leave after a refusal."""


class Holder(Protocol):
    """Whoever has a place."""

    def keeps_up(self) -> bool:
        """Return whether a client that is waited for has done enough since the last time."""

    def is_heard(self) -> bool:
        """Return whether nothing lies here of a head that was not read yet."""

    def cut(self, why: Refusal) -> bool:
        """Close the connection, and say why to a client in the middle of a request; return whether it was in one."""


@dataclass(frozen=True, slots=True)
class _Deadline:
    """How long a client may take, and what it and the log are told if it takes longer."""

    seconds: float
    why: Refusal
    note: str


def _deadlines(limits: Limits) -> Mapping[Awaited, _Deadline]:
    head, body = late_head(limits.head_seconds), late_body(limits.body_seconds)
    return {
        Awaited.HEAD: _Deadline(limits.head_seconds, head, "did not send the head of a request in time"),
        Awaited.NEXT: _Deadline(limits.idle_seconds, head, "did not send another request"),
        Awaited.BODY: _Deadline(limits.body_seconds, body, SLOW_BODY),
        Awaited.READING: _Deadline(limits.reading_seconds, body, "did not read their answer"),
        Awaited.REST: _Deadline(limits.rest_seconds, body, "went on sending after their answer"),
    }


@final
class Places:
    """Who is here, who is served, and who waits for what since when."""

    def __init__(self, limits: Limits, tally: Tally, clock: Callable[[], float]) -> None:
        self.limits = limits
        self.tally = tally
        self._clock = clock
        self._open = set[Holder]()
        self._served = dict[Holder, Kind]()
        self._kinds = Counter[Kind]()
        self._awaited = dict[Holder, Awaited]()
        # Each in the order in which the waiting began. The first of a plain dict is found slowly once many have left.
        self._waiting = {awaited: OrderedDict[Holder, float]() for awaited in Awaited}
        self._deadlines = _deadlines(limits)

    def room(self, coming: int) -> float:
        """Make room for another connection if need be, of which so many are on their way in.

        Return 0, or after how many seconds to ask again: whoever came last may not have been heard yet.
        """
        if len(self._open) + coming < self.limits.connections:
            return 0.0
        first = self._longest(Awaited)
        if first is None or self._began(first) > self._clock() - HEARING or not first.is_heard():
            return SOON
        self._make_way(first)
        return 0.0

    def take(self, holder: Holder) -> None:
        """Take a place for a new connection."""
        self._open.add(holder)
        self.wait(holder, Awaited.HEAD)

    def leave(self, holder: Holder) -> None:
        """Leave for good."""
        self._open.discard(holder)
        self.end(holder)
        self.wait(holder, None)

    def begin(self, holder: Holder, kind: Kind) -> bool:
        """Have a request served if there is room for its kind, or room is made; return whether there is."""
        self.end(holder)
        if not self._has_room(kind):
            self._make_room_for(holder)
        if not self._has_room(kind):
            return False
        self._served[holder] = kind
        self._kinds[kind] += 1
        return True

    def end(self, holder: Holder) -> None:
        """Note that no request of a connection is served any longer."""
        if (kind := self._served.pop(holder, None)) is not None:
            self._kinds[kind] -= 1

    def wait(self, holder: Holder, awaited: Awaited | None) -> None:
        """Note what a connection waits for from now on; None for nothing that its client should do."""
        if (before := self._awaited.pop(holder, None)) is not None:
            del self._waiting[before][holder]
        if awaited is not None and holder in self._open:
            self._awaited[holder] = awaited
            self._waiting[awaited][holder] = self._clock()

    def make_room(self) -> None:
        """Close the connection that has waited for its client the longest, if one does."""
        victim = self._longest(Awaited)
        if victim is not None:
            self._make_way(victim)

    def close_overdue(self) -> None:
        """Close the connections whose clients have taken longer than they may."""
        for awaited, deadline in self._deadlines.items():
            for holder in self._since(awaited, self._clock() - deadline.seconds):
                if holder.keeps_up():
                    self.wait(holder, awaited)
                else:
                    self.cut(holder, deadline.why, deadline.note)

    def close_waiting(self, seconds: float) -> None:
        """Close all that have waited for their clients for so long, as the server ends."""
        for awaited in Awaited:
            while overdue := self._since(awaited, self._clock() - seconds):
                for holder in overdue:
                    self.cut(holder, STOPPING, "were cut off by the end of the server")

    def cut(self, holder: Holder, why: Refusal, note: str) -> None:
        """Close a connection; the note counts if its client was in the middle of a request."""
        self.leave(holder)
        if holder.cut(why):
            self.tally.note(note, logging.INFO)

    def _has_room(self, kind: Kind) -> bool:
        """Return whether another request can be served: some room is kept for workers, and some for health checks."""
        most, served = self.limits.connections, len(self._served)
        for_health, for_workers = most // 16, most // 8
        match kind:
            case Kind.HEALTH:
                return served < most
            case Kind.WORK:
                return served < most - for_health
            case Kind.OTHER:
                return served < most - for_health - for_workers

    def _make_room_for(self, holder: Holder) -> None:
        """Have a request go whose client keeps the server waiting, for one of another connection."""
        victim = self._longest((Awaited.BODY, Awaited.READING))
        if victim is None or victim is holder:
            return
        if self._began(victim) <= self._clock() - PATIENCE:
            self._make_way(victim)

    def _make_way(self, victim: Holder) -> None:
        self.tally.note(MADE_WAY)
        self.leave(victim)
        victim.cut(FULL)

    def _longest(self, kinds: Iterable[Awaited]) -> Holder | None:
        """Return who has waited for the longest time for something of these kinds."""
        firsts = [next(iter(self._waiting[awaited])) for awaited in kinds if self._waiting[awaited]]
        return min(firsts, key=self._began, default=None)

    def _began(self, holder: Holder) -> float:
        return self._waiting[self._awaited[holder]][holder]

    def _since(self, awaited: Awaited, began: float) -> Sequence[Holder]:
        """Return those that wait for something since then, or for longer; the first of them if they are many."""
        overdue = takewhile(lambda item: item[1] <= began, self._waiting[awaited].items())
        return [holder for holder, _ in islice(overdue, AT_ONCE)]
