"""Which workers were heard of lately; kept in memory, since it only serves to share work evenly."""

from datetime import datetime, timedelta
from threading import Lock
from typing import final

REMEMBERED = timedelta(minutes=1)
"""How long it is known that a worker left; no claim waits that long."""


@final
class LiveWorkers:
    """The workers that were seen within the last `seconds`, and those that left lately."""

    def __init__(self, seconds: float) -> None:
        self._span = timedelta(seconds=seconds)
        self._seen: dict[str, datetime] = {}
        self._left: dict[str, datetime] = {}
        self._lock = Lock()

    def saw(self, worker: str, now: datetime) -> int:
        """Note that `worker` lives, and return how many do."""
        with self._lock:
            self._seen[worker] = now
            self._seen = {name: at for name, at in self._seen.items() if now - at <= self._span}
            return len(self._seen)

    def lost(self, worker: str, now: datetime) -> None:
        """Note that `worker` died or is about to end."""
        with self._lock:
            self._seen.pop(worker, None)
            self._left = {name: at for name, at in self._left.items() if now - at <= REMEMBERED} | {worker: now}

    def left_since(self, worker: str, since: datetime) -> bool:
        """Return whether `worker` died or was about to end after that time."""
        with self._lock:
            left = self._left.get(worker)
            return left is not None and left > since
