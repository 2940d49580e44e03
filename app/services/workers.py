"""Use cases of looking at workers: who lives and what each trains, and which sweeps nobody trains."""

from bisect import bisect_right
from typing import final

from app.domain.states import SweepState
from app.domain.sweeps import Sweep
from app.domain.workers import Worker
from app.services.clock import Clock
from app.services.cursors import Page, decode, page_of
from app.services.live_workers import LiveWorkers
from app.storage.interface import Storage


@final
class Workers:
    """The workers that are alive."""

    def __init__(self, storage: Storage, clock: Clock, live: LiveWorkers) -> None:
        self._storage = storage
        self._clock = clock
        self._live = live

    def page(self, limit: int, cursor: str | None) -> Page[Worker]:
        """Return live workers in the order of their names. Raises Malformed for a cursor of another list."""
        after = decode(cursor, "workers", str) if cursor else ""
        heard = self._live.all(self._clock.now())
        start = bisect_right(heard, after, key=lambda one: one.name)
        page = page_of(heard[start : start + limit + 1], limit, "workers", lambda last: [last.name])
        held = self._storage.held_trials([one.name for one in page.items])
        return Page([Worker(one, held.get(one.name, {})) for one in page.items], page.next)

    def lack(self, sweep: Sweep) -> str | None:
        """Return a sentence if a sweep runs and no live worker can train it, or None."""
        trainer, rules = sweep.spec.trainer, sweep.spec.rules_to_know
        if sweep.state is not SweepState.RUNNING or self._live.can_train(trainer, rules):
            return None
        if sweep.spec.foreign is not None:
            return (
                f"No live worker trains for {trainer}, so this sweep stands still. Start yours, which claims "
                f'with "trainer": "{trainer}", or see GET /v1/workers for those that are alive.'
            )
        return (
            f"No live worker trains for {trainer} by rules {rules}, so this sweep stands still. Start one with "
            "logsweep work --server ADDRESS, or see GET /v1/workers for those that are alive."
        )
