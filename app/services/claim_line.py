"""The claims that wait for work, in line: woken when there may be some for them, and a few at a time.

Who was called looks for work and then has the next one called, until one finds that there is none. So a run that is
queued costs a few looks, however many claims wait; and what others finish wakes only those whom their share or a
suspect held back.
"""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import final

from app.services.notifier import Waiter

CALLED_AT_ONCE = 4
"""How many of those who were called look for work at the same time, of one kind."""

MOST_KINDS = 1000
"""Of so many kinds it is remembered that nothing waits for them."""

Kind = tuple[str, int]
"""What a worker can train: its trainer, and the newest rules that it knows."""


@final
@dataclass(eq=False, slots=True)
class Place:
    """The place of a claim in the line. `seen` is the number of the last change before its last look.

    It was `granted` once a look has found work.
    """

    worker: str
    kind: Kind
    left: bool = False
    seen: int = -1
    granted: bool = False
    held_back: bool = False
    called: bool = False
    waiter: Waiter | None = None


@dataclass(slots=True)
class _Asleep:
    """Those of one kind who sleep, each with the number of the last change before that, and how many are called."""

    idle: OrderedDict[Place, int] = field(default_factory=OrderedDict)
    held_back: OrderedDict[Place, int] = field(default_factory=OrderedDict)
    called: int = 0

    def row(self, place: Place) -> OrderedDict[Place, int]:
        """Return where a claim sleeps."""
        return self.held_back if place.held_back else self.idle

    def next(self, queued: int, freed: int) -> Place | None:
        """Return who has slept longest of those who slept at a change that concerns them."""
        for row, change in ((self.idle, queued), (self.held_back, max(queued, freed))):
            place = next(iter(row), None)
            if place is not None and row[place] < change:
                return place
        return None


@final
class ClaimLine:
    """All claims that wait. Changes are numbered, so that none is missed between a look and the sleep after it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._changes = self._queued = self._freed = 0
        self._nothing_for: set[Kind] = set()
        self._asleep: dict[Kind, _Asleep] = {}
        self._places: dict[str, set[Place]] = {}
        self._closed = False

    @contextmanager
    def place(self, worker: str, kind: Kind) -> Iterator[Place]:
        """Yield the place of a claim, as long as it waits."""
        place = Place(worker, kind)
        with self._lock:
            self._places.setdefault(worker, set()).add(place)
        try:
            yield place
        finally:
            with self._lock:
                self._leave(place)

    def may_find(self, place: Place) -> bool:
        """Begin a look for work; return False, and end it, if it is known that there is none."""
        with self._lock:
            place.seen = self._changes
            if place.kind not in self._nothing_for:
                return True
            place.held_back = False
            self._has_looked(place)
            return False

    def looked(self, place: Place, *, found: bool, held_back: bool) -> None:
        """End a look: it found work, or was `held_back` though there was some, or there was none."""
        with self._lock:
            place.held_back = held_back
            place.granted = place.granted or found
            if not (found or held_back) and place.seen >= self._queued and len(self._nothing_for) < MOST_KINDS:
                self._nothing_for.add(place.kind)
            # Where work was queued in the middle of the look, it says nothing about that.
            if self._has_looked(place) and (found or held_back or place.seen < self._queued):
                self._call(place.kind)

    async def turn(self, place: Place) -> None:
        """Return once another look may find more than the last one, or when nobody should wait any longer."""
        with self._lock:
            if self._closed or place.left or self._missed(place):
                return
            place.waiter = Waiter()
            self._asleep.setdefault(place.kind, _Asleep()).row(place)[place] = self._changes
        await place.waiter.woken()

    def work_queued(self) -> None:
        """Call some of each kind: runs became claimable."""
        with self._lock:
            self._changes += 1
            self._queued = self._changes
            self._nothing_for.clear()
            for kind in self._asleep:
                self._call(kind)

    def hands_freed(self, worker: str = "") -> None:
        """Call some of those who were held back, first of this worker if one is known: it holds less, or has gone."""
        with self._lock:
            self._changes += 1
            self._freed = self._changes
            for place in self._places.get(worker, ()):
                asleep = self._asleep.get(place.kind)
                if asleep is not None and place in asleep.held_back:
                    asleep.held_back.move_to_end(place, last=False)
            for kind in self._asleep:
                self._call(kind)

    def worker_left(self, worker: str) -> None:
        """Wake all claims of a worker that left: nobody may be there for them."""
        with self._lock:
            for place in self._places.get(worker, ()):
                place.left = True
                _wake(place)

    def close(self) -> None:
        """Wake everyone for the last time."""
        with self._lock:
            self._closed = True
            for places in self._places.values():
                for place in places:
                    _wake(place)

    def _missed(self, place: Place) -> bool:
        """Return whether something that concerns it changed since its last look."""
        return place.seen < (max(self._queued, self._freed) if place.held_back else self._queued)

    def _call(self, kind: Kind) -> None:
        asleep = self._asleep[kind]
        while asleep.called < CALLED_AT_ONCE and (place := asleep.next(self._queued, self._freed)) is not None:
            del asleep.row(place)[place]
            place.called = True
            asleep.called += 1
            _wake(place)

    def _has_looked(self, place: Place) -> bool:
        """Note that a look has ended; return whether it was called for."""
        called, place.called = place.called, False
        if called:
            self._asleep[place.kind].called -= 1
        return called

    def _leave(self, place: Place) -> None:
        """Take a claim out of the line; if it was called and did not look, another one is."""
        self._places[place.worker].discard(place)
        if not self._places[place.worker]:
            del self._places[place.worker]
        if (asleep := self._asleep.get(place.kind)) is None:
            return
        asleep.row(place).pop(place, None)
        if self._has_looked(place):
            self._call(place.kind)
        if not (asleep.idle or asleep.held_back or asleep.called):
            del self._asleep[place.kind]


def _wake(place: Place) -> None:
    if place.waiter is not None:
        place.waiter.wake()
