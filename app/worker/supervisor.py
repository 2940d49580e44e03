"""Worker processes as children of the server: started, started again when they die, and stopped with it."""

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from uuid import uuid4

from app.training.blas import use_one_thread

STOP_SECONDS = 20.0
"""How long a worker has to end its epoch and hand over."""

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 30.0
"""Seconds before a dead worker is started again: doubled with each death in a row."""

LOCAL_PREFIX = "local-"
"""How the names of a server's own workers start: they cannot outlive it, so their leases end with it."""

_log = logging.getLogger(__name__)


class Supervisor:
    """Keeps `count` workers running against `server`; `on_death(name)` hears of each one that died."""

    def __init__(self, server: str, count: int, slots: int, on_death: Callable[[str], object]) -> None:
        self._command = [sys.executable, "-P", "-m", "app.cli", "work", "--exit-with-parent"]
        self._command += ["--server", server, "--slots", str(slots)]
        self._on_death = on_death
        self._stopping = threading.Event()
        self._boot = uuid4().hex[:8]
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._keep, args=(place,)) for place in range(count)]

    def start(self) -> None:
        """Start all workers."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop all workers: gracefully, and by force those that take longer than STOP_SECONDS."""
        with self._lock:
            self._stopping.set()
            for process in self._processes.values():
                process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for place, thread in enumerate(self._threads):
            thread.join(max(deadline - time.monotonic(), 0.0))
            if thread.is_alive():
                self._processes[place].kill()
                thread.join()

    def _keep(self, place: int) -> None:
        """Run the worker of one place, again and again."""
        pause, generation = FIRST_PAUSE, 0
        while (process := self._spawn(place, name := self._name(place, generation))) is not None:
            code = process.wait()
            if self._stopping.is_set():
                return
            _log.warning("Worker %s ended with code %d; starting another.", name, code)
            self._on_death(name)
            self._stopping.wait(pause)
            pause, generation = min(2.0 * pause, LONGEST_PAUSE), generation + 1

    def _name(self, place: int, generation: int) -> str:
        return f"{LOCAL_PREFIX}{self._boot}-{place}-{generation}"

    def _spawn(self, place: int, name: str) -> subprocess.Popen[bytes] | None:
        with self._lock:
            if self._stopping.is_set():
                return None
            environment = dict(os.environ)
            use_one_thread(environment)
            # A session of its own, so that Ctrl-C reaches the server alone, which then stops its workers in order.
            process = subprocess.Popen(  # noqa: S603  # our own command
                [*self._command, "--name", name],
                stdin=subprocess.PIPE,
                env=environment,
                start_new_session=True,
            )
            self._processes[place] = process
            return process
