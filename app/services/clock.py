"""The service's clock: it never jumps while the server runs."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import final


@final
class Clock:
    """The wall time at the start, carried on by the monotonic clock: setting the system's time moves no lease."""

    def __init__(self, wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._wall = wall
        self._start = datetime.fromtimestamp(wall(), UTC)
        self._offset = monotonic()
        self._monotonic = monotonic

    def now(self) -> datetime:
        """Return the time in UTC."""
        return self._start + timedelta(seconds=self._monotonic() - self._offset)

    def latest(self) -> datetime:
        """Return the system's time where it is later: what expires does so while the machine sleeps, too.

        To set that time back makes nothing valid again.
        """
        return max(self.now(), datetime.fromtimestamp(self._wall(), UTC))
