"""Use case of whoever waits: why is this sweep not finished?"""

from collections.abc import Sequence
from typing import final

from app.domain.states import SweepState
from app.domain.sweeps import Sweep
from app.domain.why import Facts, Why
from app.domain.workers import Heard
from app.planning.why import able, why
from app.services.clock import Clock
from app.services.live_workers import LiveWorkers
from app.services.sweeps import Sweeps
from app.services.workers import Workers
from app.storage.interface import Storage


@final
class Explaining:
    """Gathers what is known of a sweep; what follows from it is decided elsewhere."""

    def __init__(self, storage: Storage, clock: Clock, live: LiveWorkers, sweeps: Sweeps, workers: Workers) -> None:
        self._storage = storage
        self._clock = clock
        self._live = live
        self._sweeps = sweeps
        self._workers = workers

    def why(self, sweep: str) -> Why:
        """Return why a sweep has not finished, or why it ended. Raises NotFound."""
        return why(self._facts(self._storage.sweep(sweep)))

    def _facts(self, sweep: Sweep) -> Facts:
        now = self._clock.now()
        live = sweep.state in {SweepState.RUNNING, SweepState.PAUSED}
        workers = self._live.all(now)
        return Facts(
            sweep=sweep,
            runs=self._storage.open_runs(sweep.id) if live else None,
            workers=workers,
            others=self._others(sweep, workers) if live else 0,
            no_worker=self._workers.lack(sweep),
            no_plan=self._sweeps.halt(sweep),
            trouble=self._storage.trouble(now) if live else None,
            now=now,
        )

    def _others(self, sweep: Sweep, workers: Sequence[Heard]) -> int:
        """Return how many trials of other sweeps those workers hold that can train this one."""
        held = self._storage.held_trials([one.name for one in able(sweep, workers)])
        return sum(len(trials) for sweeps in held.values() for name, trials in sweeps.items() if name != sweep.id)
