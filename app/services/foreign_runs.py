"""Which runs are of foreign trainers, remembered: what they may measure is up to their sweep."""

from collections.abc import Iterable, Mapping
from threading import Lock
from typing import Protocol, final

from app.domain.plan import Rungs
from app.domain.sweeps import SweepSpec
from app.domain.values import LARGEST_WHOLE
from app.domain.work import Lease, Progress
from app.planning import passed_rungs
from app.storage.interface import Storage

MOST_KNOWN = 65_536
"""Of so many runs it is remembered whose they are."""

_UNKNOWN = object()


class _OfARun(Protocol):
    @property
    def lease(self) -> Lease: ...


@final
class ForeignRuns:
    """The sweeps of runs, as far as foreign code trains them. Any thread may ask."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._known: dict[int, SweepSpec | None] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        """Return of how many runs it is remembered."""
        return len(self._known)

    def leased(self, run: int, spec: SweepSpec) -> None:
        """Remember whose run was just handed out: reports then wait for no reader."""
        self._remember({run: None if spec.foreign is None else spec})

    def specs(self, items: Iterable[_OfARun]) -> Mapping[int, SweepSpec]:
        """Return the specs of the sweeps of these runs, of those that foreign code trains."""
        runs = {item.lease.run for item in items if abs(item.lease.run) <= LARGEST_WHOLE}
        with self._lock:
            found = {run: self._known[run] for run in runs if run in self._known}
        if new := [run for run in runs if run not in found]:  # of a server before this one, mostly
            found |= (read := self._storage.foreign_specs(new))
            self._remember(read)
        return {run: spec for run, spec in found.items() if spec is not None}

    def are_ours(self, items: Iterable[_OfARun]) -> bool:
        """Return whether our engine trains all of these runs, as far as is known without a look at the storage."""
        with self._lock:
            return all(self._known.get(item.lease.run, _UNKNOWN) is None for item in items)

    def ended(self, runs: Iterable[int]) -> None:
        """Forget runs of which a result came, the first time or again: as a rule nothing more is reported of them."""
        with self._lock:
            for run in runs:
                self._known.pop(run, None)

    def _remember(self, specs: Mapping[int, SweepSpec | None]) -> None:
        with self._lock:
            if len(self._known) + len(specs) > MOST_KNOWN:
                self._known = dict(list(self._known.items())[MOST_KNOWN // 2 :])  # the older half goes
            self._known |= specs


def rungs_of(foreign: Mapping[int, SweepSpec]) -> Rungs:
    """Return the steps at which runs are compared while they train on, of those that cannot pause there."""
    return {run: rungs for run, spec in foreign.items() if (rungs := passed_rungs(spec))}


def pass_a_rung(item: Progress, rungs: Rungs) -> bool:
    """Return whether some progress takes its run to a step at which it is compared."""
    those = rungs.get(item.lease.run, ())
    return any(point.epoch in those for point in item.epochs)
