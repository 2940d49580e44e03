"""Whose a worker is: a lease belongs to the access key that claimed it, and so does the name of its worker."""

from threading import Lock
from typing import final

from app.domain.access import AccessKey
from app.domain.errors import Forbidden, show
from app.services.live_workers import LiveWorkers
from app.services.work_checks import name_faults
from app.storage.interface import Storage


@final
class WorkerOwners:
    """The keys of workers, by their names. A name is free again once its worker is gone and holds nothing."""

    def __init__(self, storage: Storage, live: LiveWorkers) -> None:
        self._storage = storage
        self._live = live
        self._lock = Lock()
        self._owners = storage.worker_owners()

    def recover(self) -> None:
        """After a start: forget whose those workers are that hold nothing any more."""
        self._storage.forget_idle_owners()
        self._owners = self._storage.worker_owners()

    def has(self, worker: str, key: AccessKey) -> bool:
        """Return whether it is known that a worker is this key's; one that claims without a key is nobody's."""
        return self._owners.get(worker, "") == key.id

    def require(self, worker: str, key: AccessKey) -> None:
        """Raise Forbidden if a worker is another key's."""
        if worker in self._owners and not self.has(worker, key):
            raise Forbidden(
                f"The worker {show(worker)} belongs to another access key, and so do its leases. "
                "Send the key it claimed with, or give this worker another name."
            )

    def claim(self, worker: str, key: AccessKey) -> None:
        """Let a worker that is nobody's be this key's from now on. Raises Forbidden if it is another key's."""
        if self.has(worker, key) or [*name_faults("worker", worker)]:
            return  # for the claim itself to refuse
        with self._lock:
            if not self._is_free(worker):
                self.require(worker, key)
            self._storage.own_worker(worker, key.id)
            self._owners[worker] = key.id

    def _is_free(self, worker: str) -> bool:
        return not self._live.knows(worker) and not self._storage.held_trials([worker])
