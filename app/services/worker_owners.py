"""Whose a worker is: a lease belongs to the access key that claimed it, and so does the name of its worker."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import final

from app.domain.access import AccessKey
from app.domain.errors import Forbidden, show
from app.services.clock import Clock
from app.services.live_workers import LiveWorkers
from app.services.work_checks import name_faults
from app.storage.interface import Storage

COMING = timedelta(seconds=2)
"""So long a worker that has just claimed may take until it is known to live: meanwhile nobody takes its name."""


@dataclass(slots=True)
class _Owned:
    key: str
    claimed_at: datetime


@final
class WorkerOwners:
    """The keys of workers, by their names. A name is free again once its worker is gone and holds nothing.

    They are kept here, and stored with the leases alone, which they outlive a restart for: a claim costs no commit of
    its own. What is known of a worker is forgotten once it was silent for `seconds` and holds nothing.
    """

    def __init__(self, storage: Storage, live: LiveWorkers, clock: Clock, seconds: float) -> None:
        self._storage = storage
        self._live = live
        self._clock = clock
        self._span = timedelta(seconds=seconds)
        self._lock = Lock()
        self._owners: dict[str, _Owned] = {}

    def recover(self) -> None:
        """After a start: whose those workers are that still hold something."""
        self._storage.forget_idle_owners()
        now = self._clock.now()
        self._owners = {worker: _Owned(key, now) for worker, key in self._storage.worker_owners().items()}

    def knows(self, worker: str, key: AccessKey) -> bool:
        """Note that a worker claims with a key, if it is known to be that key's; return whether it is.

        One that claims without a key is nobody's.
        """
        with self._lock:
            if (owned := self._owners.get(worker)) is None:
                return not key.id
            if owned.key != key.id:
                return False
            owned.claimed_at = self._clock.now()
            return True

    def require(self, worker: str, key: AccessKey) -> None:
        """Raise Forbidden if a worker is another key's."""
        owned = self._owners.get(worker)
        if owned is not None and owned.key != key.id:
            raise Forbidden(
                f"The worker {show(worker)} belongs to another access key, and so do its leases. "
                "Send the key it claimed with, or give this worker another name."
            )

    def claim(self, worker: str, key: AccessKey) -> None:
        """Let a worker that is nobody's be this key's from now on. Raises Forbidden if it is another key's."""
        if self.knows(worker, key) or [*name_faults("worker", worker)]:
            return  # for the claim itself to refuse
        holds = bool(self._storage.held_trials([worker]))
        with self._lock:
            now, owned = self._clock.now(), self._owners.get(worker)
            if holds or self._live.knows(worker) or (owned is not None and owned.claimed_at > now - COMING):
                self.require(worker, key)
            self._owners[worker] = _Owned(key.id, now)

    def forget_gone(self) -> int:
        """Forget whose those workers are that are gone and hold nothing; return how many."""
        if not (silent := self._silent()):
            return 0
        holding = self._storage.held_trials(silent)
        with self._lock:
            gone = [worker for worker in silent if worker not in holding and self._is_silent(worker)]
            for worker in gone:
                del self._owners[worker]
        if gone:
            self._storage.forget_idle_owners()
        return len(gone)

    def _silent(self) -> list[str]:
        with self._lock:
            return [worker for worker in self._owners if self._is_silent(worker)]

    def _is_silent(self, worker: str) -> bool:
        owned = self._owners.get(worker)
        silent = owned is not None and owned.claimed_at <= self._clock.now() - self._span
        return silent and not self._live.knows(worker)
