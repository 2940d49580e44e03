"""A tally of what befell connections, told in one line of the log a second at most, however many there were."""

import logging
from collections import Counter
from collections.abc import Callable
from typing import final

PAUSE = 1.0
"""Seconds from line to line."""

_log = logging.getLogger(__name__)


@final
class Tally:
    """Counts what is noted until it is told; a line has the level of the gravest of its notes."""

    def __init__(self, clock: Callable[[], float], refused: Callable[[int], object]) -> None:
        self._clock = clock
        self.refused = refused
        """Hears the status of each request that the application does not see."""
        self._told_at = -PAUSE
        self._counts = Counter[str]()
        self._level = logging.NOTSET

    def note(self, what: str, level: int = logging.WARNING) -> None:
        """Count one connection of which `what` is true."""
        self._counts[what] += 1
        self._level = max(self._level, level)

    def tell(self) -> None:
        """Write the line if there is something to tell, and the last one is long enough ago."""
        if self._counts and self._clock() - self._told_at >= PAUSE:
            self.tell_now()

    def tell_now(self) -> None:
        """Write the line if there is something to tell."""
        if not self._counts:
            return
        _log.log(self._level, "connections: %s", "; ".join(f"{count:,} {what}" for what, count in self._counts.items()))
        self._told_at, self._level = self._clock(), logging.NOTSET
        self._counts.clear()
