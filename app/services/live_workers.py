"""Which workers were heard of lately; kept in memory, as it serves to share work evenly and to be looked at."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import final

from app.domain.events import Event, WorkersChanged
from app.domain.queue import Part
from app.domain.work import About, ClaimRequest
from app.domain.workers import Heard

RATE_SECONDS = 10.0
"""The time over which epochs are averaged to so many a second."""


@dataclass(slots=True)
class _Live:
    """A live worker: what it said of itself, and the weighted sum of its epochs a second, as it was at `summed_at`."""

    name: str
    since: datetime
    at: datetime
    summed_at: datetime
    trainer: str | None = None
    rules: int | None = None
    owner: str | None = None
    """The access key that it claimed with; None before it claims, as after a start of the server."""
    about: About | None = None
    rate: float = 0.0
    claims: int = 0

    def add(self, epochs: int, now: datetime) -> None:
        """Add epochs to the weighted sum; without any it only decays."""
        passed = (now - self.summed_at).total_seconds()
        self.rate = self.rate * math.exp(-passed / RATE_SECONDS) + epochs / RATE_SECONDS
        self.summed_at = now

    def can_train(self, trainer: str, rules: int) -> bool:
        """Return whether it may be given such runs; it has not said which it can train before it claims."""
        return self.trainer is None or (self.trainer == trainer and (self.rules or 0) >= rules)

    def heard(self, now: datetime) -> Heard:
        """Return what is shown of it."""
        self.add(0, now)
        # The sum begins at 0, and is corrected for it as in Adam; the first second counts as a whole one.
        age = max((now - self.since).total_seconds(), 1.0)
        said = self.about
        return Heard(
            name=self.name,
            trainer=self.trainer,
            rules=self.rules,
            version=said.version if said else None,
            slots=said.slots if said else None,
            memory_bytes=said.memory_bytes if said else None,
            since=self.since,
            heard_at=now if self.claims else self.at,
            epochs_per_second=self.rate / -math.expm1(-age / RATE_SECONDS),
        )


@final
class LiveWorkers:
    """The workers that were heard of within the last `seconds` or wait for work.

    `publish` hears of those that come and go, in this order; it must be quick.
    """

    def __init__(self, seconds: float, publish: Callable[[Sequence[Event]], object]) -> None:
        self._span = timedelta(seconds=seconds)
        self._publish = publish
        self._live: dict[str, _Live] = {}  # in the order in which they were last heard
        self._lock = Lock()

    def saw(self, worker: str, now: datetime, about: About | None = None) -> int:
        """Note that `worker` lives and what it says of itself; return how many do."""
        with self._lock:
            self._saw(worker, now, about)
            return len(self._live)

    @contextmanager
    def waiting(self, request: ClaimRequest, now: Callable[[], datetime], owner: str = "") -> Iterator[None]:
        """Note who claims, and by whose access key; as long as the claim waits, its worker lives."""
        with self._lock:
            live = self._saw(request.worker, now(), request.about)
            live.trainer, live.rules, live.owner = request.trainer, request.rules, owner
            live.claims += 1
        try:
            yield
        finally:
            with self._lock:
                live.claims -= 1
                if self._live.get(request.worker) is live:
                    self._hear(live, now())

    def trained(self, worker: str, epochs: int, now: datetime) -> None:
        """Count epochs that a worker reported."""
        with self._lock:
            if (live := self._live.get(worker)) is not None:
                live.add(epochs, now)

    def lost(self, worker: str) -> None:
        """Note that `worker` died or is about to end."""
        with self._lock:
            if self._live.pop(worker, None) is not None:
                self._publish([WorkersChanged(left=(worker,))])

    def forget_silent(self, now: datetime) -> bool:
        """Forget who was silent for too long; return whether anybody was."""
        with self._lock:
            return self._forget_silent(now)

    def knows(self, worker: str) -> bool:
        """Return whether this worker lives."""
        with self._lock:
            return worker in self._live

    def can_train(self, trainer: str, rules: int) -> bool:
        """Return whether a live worker may be given runs of this trainer and these rules; who has not said may."""
        return self.count(trainer, rules) > 0

    def count(self, trainer: str, rules: int = 0) -> int:
        """Return how many live workers may be given runs of this trainer and these rules, or of any."""
        with self._lock:
            return sum(live.can_train(trainer, rules) for live in self._live.values())

    def part(self, worker: str, trainer: str) -> Part:
        """Return which part of a trainer's runs is a worker's.

        Access keys have even parts, whatever they name their workers, and the workers of a key have even parts of
        that: who comes under hundreds of names takes nothing from others.
        """
        with self._lock:
            asking = self._live.get(worker)
            mine = (asking.owner if asking else None) or ""
            others = [live for live in self._live.values() if live is not asking and live.can_train(trainer, 0)]
            # Who has not claimed yet passes for one of the same key: it may be one, and is no other key's part.
            of_mine = [live for live in others if live.owner in {None, mine}]
            beside = [live for live in others if live.owner not in {None, mine}]
            keys = 1 + len({live.owner for live in beside})
            return Part(keys, 1 + len(of_mine), _room(beside), _room(of_mine))

    def all(self, now: datetime) -> list[Heard]:
        """Return what was heard of the live workers, in the order of their names."""
        with self._lock:
            self._forget_silent(now)
            return [self._live[name].heard(now) for name in sorted(self._live)]

    def _saw(self, worker: str, now: datetime, about: About | None) -> _Live:
        live = self._live.get(worker)
        if live is None:
            live = _Live(worker, since=now, at=now, summed_at=now)
            self._publish([WorkersChanged(came=(worker,))])
        live.about = about or live.about
        self._hear(live, now)
        self._forget_silent(now)
        return live

    def _hear(self, live: _Live, now: datetime) -> None:
        self._live.pop(live.name, None)
        live.at = now
        self._live[live.name] = live

    def _forget_silent(self, now: datetime) -> bool:
        gone: list[str] = []
        while self._live and now - (oldest := next(iter(self._live.values()))).at > self._span:
            if oldest.claims:  # its connection is open: it is there
                self._hear(oldest, now)
            else:
                del self._live[oldest.name]
                gone.append(oldest.name)
        if gone:
            self._publish([WorkersChanged(left=tuple(gone))])
        return bool(gone)


def _room(workers: Sequence[_Live]) -> int | None:
    """Return how many runs workers can hold in all; None if one of them has not said it."""
    said = [live.about.slots for live in workers if live.about is not None]
    return sum(said) if len(said) == len(workers) else None
