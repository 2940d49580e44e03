"""Which workers were heard of lately; kept in memory, since it only serves to share work evenly."""

from datetime import datetime, timedelta
from threading import Lock
from typing import final


@final
class LiveWorkers:
    """The workers that were seen within the last `seconds`."""

    def __init__(self, seconds: float) -> None:
        self._span = timedelta(seconds=seconds)
        self._seen: dict[str, datetime] = {}
        self._lock = Lock()

    def saw(self, worker: str, now: datetime) -> int:
        """Note that `worker` lives, and return how many do."""
        with self._lock:
            self._seen[worker] = now
            self._seen = {name: at for name, at in self._seen.items() if now - at <= self._span}
            return len(self._seen)

    def lost(self, worker: str) -> None:
        """Forget a worker that died."""
        with self._lock:
            self._seen.pop(worker, None)
