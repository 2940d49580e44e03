"""A database whose k-th call fails, once or from then on, until it is mended."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, final

from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

from app.storage.connect import driver


@final
class Failing:
    """Counts the calls of all engines while it is armed, and lets those fail that should."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._left = 0
        self._lasting = self._armed = False
        self.failed = False

    def arm(self, call: int, *, lasting: bool) -> None:
        """Let the call of this number fail from now on, counted from 1, and with `lasting` all after it."""
        with self._lock:
            self._left, self._lasting, self._armed, self.failed = call, lasting, True, False

    def mend(self) -> None:
        """Let every call pass again."""
        with self._lock:
            self._armed = False

    def __call__(self, *arguments: Any) -> None:
        """Hear of a call before it is made."""
        with self._lock:
            if not self._armed:
                return
            self._left -= 1
            if self._left > 0 or (self._left < 0 and not self._lasting):
                return
            self.failed = True
        raise OperationalError(str(arguments[2]), None, driver().OperationalError("disk I/O error"))


@contextmanager
def failing_calls() -> Iterator[Failing]:
    """Yield what lets calls of any engine of this process fail."""
    failing = Failing()
    event.listen(Engine, "before_cursor_execute", failing)
    try:
        yield failing
    finally:
        event.remove(Engine, "before_cursor_execute", failing)
