"""Plans sweeps: one plan at a time for each, in threads of its own, from a snapshot to moves that are applied."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Condition, Thread
from typing import final

from app.domain.errors import DiskFull, NotFound, Unavailable
from app.domain.plan import Need, Plan, Snapshot
from app.domain.states import SweepState
from app.instruments.meters import Meters
from app.logs.context import bound
from app.planning import HORIZON, LOW_WATER, fits_models, need_of, passed_rungs, plan
from app.services.clock import Clock
from app.services.plan_process import PlanProcess
from app.services.troubles import Troubles
from app.storage.interface import Storage

MOST_PLANS = 100_000
"""The most plans in a row for one look at a sweep: a planner that never comes to rest is a fault, not a loop.

A million trials that end at once are 15,625 blocks to be refunded, one after the other.
"""

STORAGE_PAUSE = 2
"""So many seconds pass at most before a plan is tried again that could not be stored."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the last snapshot of a sweep showed of it, that tells whether a look may change anything."""

    all_drawn: bool
    watches_results: bool
    learns: bool
    """Whether its plans may fit models, which takes long: they are made in a process of their own."""


@final
class Planner:
    """Looks at sweeps when it is told to; several calls for one sweep that waits become one look.

    Sweeps that learn have a thread of their own, so that the others need not wait until a model has been fitted. A look
    that failed is made again by `look_again`, and `trouble` tells of it.
    """

    def __init__(self, storage: Storage, clock: Clock, meters: Meters) -> None:
        self._storage = storage
        self._meters = meters
        self._clock = clock
        self._changed = Condition()
        self._waiting: dict[str, None] = {}  # in the order of the calls
        self._busy: set[str] = set()
        self._troubles = Troubles()
        self._seen: dict[str, _Seen] = {}
        self._drawn_out: dict[str, tuple[int, int]] = {}  # trials and points in which none was new
        self._closed = False
        self._process = PlanProcess()
        names = {"planner": False, "planner of models": True}
        self._threads = [
            Thread(target=self._run, args=(learns,), name=name, daemon=True) for name, learns in names.items()
        ]

    def start(self) -> None:
        """Start the threads, with a look at every running sweep."""
        self.look_at_all()
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Finish the plans that are being made, and stop."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        self._process.close()

    def look(self, sweep: str) -> None:
        """Have a sweep looked at soon."""
        with self._changed:
            self._waiting[sweep] = None
            self._changed.notify_all()

    def look_at_all(self) -> None:
        """Have every running sweep looked at."""
        for sweep in self._storage.running_sweeps():
            self.look(sweep)

    def look_again(self) -> None:
        """Have those sweeps looked at whose last look failed, after pauses that grow."""
        for sweep in self._troubles.due():
            self.look(sweep)

    def trouble(self, sweep: str) -> str | None:
        """Return why the last look at a sweep failed; None if it did not."""
        return self._troubles.why(sweep)

    def troubled(self) -> int:
        """Return how many sweeps could not be planned when they were looked at last."""
        return len(self._troubles)

    def queue_has(self, sweep: str, waiting: int) -> None:
        """Hear how many runs wait in the queue of a sweep: where they are few, and more can be drawn, look."""
        seen = self._seen.get(sweep)
        if waiting < LOW_WATER and not (seen and seen.all_drawn):
            self.look(sweep)

    def has_results(self, sweep: str) -> None:
        """Hear of new results of a sweep: where one may be as good as a target, or decides something at once, look."""
        seen = self._seen.get(sweep)
        if seen is None or seen.watches_results:
            self.look(sweep)

    def plan_now(self, sweep: str) -> None:
        """Look at a sweep within the caller's thread."""
        with self._changed:
            self._changed.wait_for(lambda: sweep not in self._busy)
            self._waiting.pop(sweep, None)
            self._busy.add(sweep)
        self._look(sweep)

    def forget(self, sweep: str) -> None:
        """Forget a sweep that was deleted."""
        self._seen.pop(sweep, None)
        self._drawn_out.pop(sweep, None)
        self._troubles.over(sweep)
        self._process.forget(sweep)

    def wait_idle(self) -> None:
        """Return once no sweep waits or is looked at."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or not (self._waiting or self._busy))

    def _run(self, learns: bool) -> None:
        while (sweep := self._next(learns=learns)) is not None:
            self._look(sweep)

    def _next(self, *, learns: bool) -> str | None:
        """Return the next sweep to look at that learns or not, marked as busy; None once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._ready(learns=learns) is not None)
            sweep = None if self._closed else self._ready(learns=learns)
            if sweep is not None:
                del self._waiting[sweep]
                self._busy.add(sweep)
            return sweep

    def _ready(self, *, learns: bool) -> str | None:
        """Return the first sweep of a kind that waits; one that was never seen counts as one that does not learn."""
        free = (sweep for sweep in self._waiting if sweep not in self._busy)
        return next((sweep for sweep in free if self._learns(sweep) is learns), None)

    def _learns(self, sweep: str) -> bool:
        seen = self._seen.get(sweep)
        return seen is not None and seen.learns

    def _look(self, sweep: str) -> None:
        """Plan a sweep that is marked as busy."""
        with bound(sweep=sweep), self._marked(sweep), self._failures_noted(sweep):
            self._plan(sweep)

    @contextmanager
    def _marked(self, sweep: str) -> Iterator[None]:
        try:
            yield
        finally:
            with self._changed:
                self._busy.discard(sweep)
                self._changed.notify_all()

    @contextmanager
    def _failures_noted(self, sweep: str) -> Iterator[None]:
        """Log what goes wrong, once in a row, so that other sweeps go on; a deleted sweep is none."""
        try:
            yield
        except NotFound:
            self.forget(sweep)
        except (DiskFull, Unavailable) as error:
            if self._troubles.why(sweep) is None:
                _log.warning("The sweep %s cannot be planned now; it is tried again. %s", sweep, error.detail)
            self._troubles.note(sweep, error.detail, longest=STORAGE_PAUSE)
            return
        except Exception as error:  # noqa: BLE001 - one sweep's fault must not stop the others; it is looked at again
            if self._troubles.why(sweep) is None:
                _log.exception("planning the sweep %s failed; it is tried again", sweep)
            self._meters.plan_failures.inc()
            self._troubles.note(sweep, str(error) if isinstance(error, RuntimeError) else repr(error))
            return
        self._troubles.over(sweep)

    def _plan(self, sweep: str) -> None:
        """Plan and apply until there is nothing more to decide; what came too late is planned anew."""
        spec, _ = self._storage.sweep_spec(sweep)
        need, all_runs = need_of(spec), bool(passed_rungs(spec))
        if need is Need.ALL:
            self._process.warm_up()
        for _ in range(MOST_PLANS):
            snapshot = self._recognised(self._storage.snapshot(sweep, need, HORIZON, all_runs=all_runs))
            self._seen[sweep] = _Seen(
                snapshot.drawn_out or snapshot.drawn >= snapshot.budget.trials,
                snapshot.budget.target is not None or need is Need.LIVE,
                need is Need.ALL,
            )
            if snapshot.state is not SweepState.RUNNING:
                self._process.forget(sweep)
                self._drawn_out.pop(sweep, None)
                return
            if self._closed or not self._applied(snapshot, self._made(snapshot)):
                return
        raise RuntimeError(f"{MOST_PLANS:,} plans in a row have not come to rest")

    def _recognised(self, snapshot: Snapshot) -> Snapshot:
        """Return a snapshot, marked if an earlier plan has found no new point in one like it."""
        return replace(snapshot, drawn_out=self._drawn_out.get(snapshot.sweep) == _points_of(snapshot))

    def _made(self, snapshot: Snapshot) -> Plan:
        """Return the plan that follows from a snapshot: one that may fit models, from the process for these."""
        far = fits_models(snapshot)
        with self._meters.plan_seconds.labels("process" if far else "server").time():
            made = self._process.plan(snapshot) if far else plan(snapshot)
        if made.drawn_out:
            self._drawn_out[snapshot.sweep] = _points_of(snapshot)
            self._seen[snapshot.sweep] = replace(self._seen[snapshot.sweep], all_drawn=True)
        return made

    def _applied(self, snapshot: Snapshot, made: Plan) -> bool:
        """Return whether a plan has moves, which were applied or came too late."""
        if not made.moves:
            return False
        self._storage.apply(snapshot.sweep, snapshot.version, made, self._clock.now())
        return True


def _points_of(snapshot: Snapshot) -> tuple[int, int]:
    """Return how many trials there are and how many points they have: no plan takes a point away unseen."""
    return snapshot.drawn, len(snapshot.taken)
