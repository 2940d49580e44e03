"""What the jobs of the writer change: noted next to the statements that change rows, told as events after the commit.

Each job has a log of its own, so that of one that is rolled back nothing remains. The counts of trials by state follow
from it too, once for each commit.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import final

from sqlalchemy import Connection, select

from app.domain.events import (
    DELETED,
    DatasetChanged,
    Decided,
    EpochsStored,
    Event,
    SweepChanged,
    TrialsChanged,
    WorkQueued,
)
from app.domain.states import TrialState
from app.storage.dialect import among
from app.storage.queries import Query
from app.storage.tables import sweeps

_LOG = "changes"
_IDS = Query(select(sweeps.c.key, sweeps.c.id).where(among(sweeps.c.key, "keys")))


@dataclass(frozen=True, slots=True)
class Compared:
    """What a trial is compared by: its value, None while it is not final or cannot be compared, and its state.

    One that was `confirmed` comes before all others.
    """

    value: float | None
    state: TrialState
    confirmed: bool = False


@dataclass(slots=True)
class SweepLog:
    """What changed in one sweep: for each kind the last that was noted.

    `counts` has by how much the number of its trials in each state differs; `values` the trials that came to a result
    or changed it.
    """

    state: str | None = None
    counts: Counter[str] = field(default_factory=Counter)
    values: dict[int, Compared] = field(default_factory=dict)
    trials: dict[int, str] = field(default_factory=dict)
    epochs: dict[int, int] = field(default_factory=dict)
    decisions: range = range(0)
    queued: bool = False

    def join(self, later: "SweepLog") -> None:
        """Add what a later job of the same commit changed."""
        self.state = later.state or self.state
        self.counts.update(later.counts)
        self.values |= later.values
        self.trials |= later.trials
        self.epochs |= later.epochs
        self.decide(later.decisions)
        self.queued |= later.queued

    def decide(self, numbers: range) -> None:
        """Note decisions; their numbers go on without a gap."""
        if numbers:
            self.decisions = range(self.decisions.start if self.decisions else numbers.start, numbers.stop)

    def events(self, sweep: str) -> Iterator[Event]:
        """Yield one event for each kind of change: what follows from others comes after them."""
        if self.decisions:
            yield Decided(sweep, self.decisions.start, len(self.decisions))
        if self.epochs:
            yield EpochsStored(sweep, self.epochs)
        if self.trials:
            yield TrialsChanged(sweep, self.trials)
        if self.state is not None:
            yield SweepChanged(sweep, self.state)


@final
class ChangeLog:
    """What one job changed, or several of one commit together. Sweeps are named by their keys."""

    def __init__(self) -> None:
        self._sweeps: dict[int, SweepLog] = {}
        self._deleted: dict[int, str] = {}
        self._datasets: dict[str, bool] = {}

    def sweep(self, key: int, state: str) -> None:
        """Note that a sweep was created or changed, and its state now."""
        self._of(key).state = state

    def sweep_deleted(self, key: int, sweep: str) -> None:
        """Note that a sweep is out of sight, with its id: its row may be gone before the commit."""
        self._of(key).state = DELETED
        self._deleted[key] = sweep

    def trials(self, key: int, numbers: Collection[int], before: str | None, now: str) -> None:
        """Note trials that were drawn or moved: from one state, None for those that are new, to the one of now."""
        log = self._of(key)
        log.trials |= dict.fromkeys(numbers, now)
        log.counts[now] += len(numbers)
        if before is not None:
            log.counts[before] -= len(numbers)

    def result(self, key: int, number: int, compared: Compared) -> None:
        """Note what a trial is compared by now."""
        self._of(key).values[number] = compared

    def epochs(self, key: int, last: Mapping[int, int]) -> None:
        """Note trials of which epochs came in, with the last one of each."""
        if last:
            self._of(key).epochs |= last

    def decided(self, key: int, numbers: range) -> None:
        """Note the numbers of decisions that were written down."""
        self._of(key).decide(numbers)

    def queued(self, keys: Iterable[int]) -> None:
        """Note sweeps in which runs wait that did not wait before."""
        for key in keys:
            self._of(key).queued = True

    def dataset(self, name: str, *, deleted: bool = False) -> None:
        """Note that a data set was stored, replaced or deleted."""
        self._datasets[name] = deleted

    def join(self, later: "ChangeLog") -> None:
        """Add what a later job of the same commit changed."""
        for key, log in later._sweeps.items():
            self._of(key).join(log)
        self._deleted |= later._deleted
        self._datasets |= later._datasets

    @property
    def sweeps(self) -> Mapping[int, SweepLog]:
        """What changed in each sweep, by their keys."""
        return self._sweeps

    def events(self, connection: Connection) -> list[Event]:
        """Return what is told of these changes, one event of a kind for each sweep; read within their transaction."""
        told: list[Event] = [DatasetChanged(name, deleted) for name, deleted in self._datasets.items()]
        if not self._sweeps:
            return told
        ids = {row.key: row.id for row in _IDS.rows(connection, keys=list(self._sweeps))} | self._deleted
        # Of any other sweep whose row has gone it was told in a commit before that it is deleted.
        logs = {ids[key]: log for key, log in self._sweeps.items() if key in ids}
        told += [one for sweep, log in logs.items() for one in log.events(sweep)]
        queued = frozenset(sweep for sweep, log in logs.items() if log.queued)
        return [*told, WorkQueued(queued)] if queued else told

    def _of(self, key: int) -> SweepLog:
        return self._sweeps.setdefault(key, SweepLog())


def of(connection: Connection) -> ChangeLog:
    """Return the log of the job that runs on this connection."""
    log: ChangeLog = connection.info.setdefault(_LOG, ChangeLog())
    return log


def begin(connection: Connection) -> ChangeLog:
    """Give the job that begins on this connection a log of its own, and return it."""
    log = connection.info[_LOG] = ChangeLog()
    return log
