"""Reads: each sees one snapshot; new ones can be held back for a moment, and all end with the storage.

One that answers a client ends with that client's patience as well.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition
from typing import Any, final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from app.domain import patience
from app.storage.faults import Closed

STEPS = 200_000
"""After how many steps of SQLite's machine a read looks whether somebody still waits for it: some milliseconds."""

PATIENCE_SECONDS = 5.0
"""How long reads may go on once the storage closes, before they are interrupted."""


@final
class Reads:
    """Everything that reads the database in this process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._changed = Condition()
        self._held = False
        self._closed = False
        self._entered = 0
        self._running: list[Any] = []
        """The connections of the driver on which reads run."""

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Give a connection that sees one snapshot. Raises Closed; Unavailable once nobody waits for the answer."""
        with (
            self._counted(),
            self._engine.connect() as connection,
            self._running_on(connection),
            _patient(connection),
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def held_back(self, seconds: float) -> Iterator[bool]:
        """Let no new read begin meanwhile; true if those that had begun have ended within so many seconds."""
        with self._changed:
            self._held = True
            quiet = self._changed.wait_for(lambda: not self._entered, seconds)
        try:
            yield quiet
        finally:
            with self._changed:
                self._held = False
                self._changed.notify_all()

    def close(self) -> None:
        """Refuse new reads, wait for those that have begun, and interrupt what takes too long."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            if not self._changed.wait_for(lambda: not self._entered, PATIENCE_SECONDS):
                for connection in self._running:
                    connection.interrupt()
                self._changed.wait_for(lambda: not self._entered, PATIENCE_SECONDS)
        self._engine.dispose()

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or not self._held)
            self._require_open()
            self._entered += 1
        try:
            yield
        except OperationalError:
            self._require_open()  # it was interrupted
            raise
        finally:
            with self._changed:
                self._entered -= 1
                self._changed.notify_all()

    @contextmanager
    def _running_on(self, connection: Connection) -> Iterator[None]:
        driver_connection = connection.connection.driver_connection
        with self._changed:
            self._require_open()
            self._running.append(driver_connection)
        try:
            yield
        finally:
            with self._changed:
                self._running.remove(driver_connection)

    def _require_open(self) -> None:
        if self._closed:
            raise Closed


@contextmanager
def _patient(connection: Connection) -> Iterator[None]:
    """Interrupt what runs on the connection once the client that it is for waits no longer."""
    waits = patience.current()
    if waits is None:
        yield
        return
    driver_connection: Any = connection.connection.driver_connection
    driver_connection.set_progress_handler(lambda: waits.is_over, STEPS)
    try:
        yield
    except OperationalError:
        if waits.is_over:
            raise waits.exhausted() from None
        raise
    finally:
        driver_connection.set_progress_handler(None, 0)
