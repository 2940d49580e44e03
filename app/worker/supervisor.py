"""Worker processes as children of the server: started, started again when they die, and stopped with it."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from app.domain.errors import LogsweepError
from app.domain.runs import Ending
from app.domain.work import LOCAL_PREFIX
from app.logs.context import bound
from app.trainer.blas import use_one_thread
from app.worker.health import PORT_VARIABLE
from app.worker.process import OUT_OF_MEMORY

STOP_SECONDS = 20.0
"""How long a worker has to end its epoch and hand over."""

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 30.0
"""Seconds before a dead worker is started again: doubled with each death in a row."""

HEALTHY_SECONDS = 60.0
"""How long a worker must have lived for its death to be the first in a row."""

_log = logging.getLogger(__name__)


class Process(Protocol):
    """What the supervisor needs of a child."""

    def wait(self) -> int:
        """Return the exit code once it ended; the negative number of the signal that killed it."""

    def terminate(self) -> None:
        """Ask it to end."""

    def kill(self) -> None:
        """End it."""


class Supervisor:
    """Keeps `count` workers running; `on_death(name, ending, reason)` hears of each one that died."""

    def __init__(
        self,
        count: int,
        on_death: Callable[[str, Ending, str], object],
        spawn: Callable[[str], Process],
        clock: Callable[[], float] = time.monotonic,
        rest: Callable[[float], object] | None = None,
    ) -> None:
        """Keep workers; `spawn(name)` starts one, `rest(seconds)` waits before another is started."""
        self._on_death = on_death
        self._spawn = spawn
        self._clock = clock
        self._stopping = threading.Event()
        self._rest = rest or self._stopping.wait
        self._boot = uuid4().hex[:8]
        self._processes: dict[int, Process] = {}
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._keep, args=(place,)) for place in range(count)]

    def start(self) -> None:
        """Start all workers."""
        for thread in self._threads:
            thread.start()

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Stop all workers: gracefully, and by force those that take longer than so many seconds."""
        with self._lock:
            self._stopping.set()
            for process in self._processes.values():
                process.terminate()
        deadline = time.monotonic() + seconds
        for place, thread in enumerate(self._threads):
            thread.join(max(deadline - time.monotonic(), 0.0))
            if thread.is_alive() and (left := self._processes.get(place)) is not None:
                left.kill()
            thread.join()

    def _keep(self, place: int) -> None:
        """Run the worker of one place, again and again."""
        pause, generation = FIRST_PAUSE, 0
        while not self._stopping.is_set():
            started = self._clock()
            with bound(worker=(name := self._name(place, generation))):
                self._run(place, name)
            if self._clock() - started >= HEALTHY_SECONDS:
                pause = FIRST_PAUSE
            if not self._stopping.is_set():
                self._rest(pause)
            pause, generation = min(2.0 * pause, LONGEST_PAUSE), generation + 1

    def _run(self, place: int, name: str) -> None:
        """Run a worker until it ends, and tell of its death. Whatever fails, its place is not left for ever."""
        try:
            if (process := self._start(place, name)) is None:
                return
            code = process.wait()
            if not self._stopping.is_set():
                self._tell_death(name, code)
        except OSError as error:  # of memory or processes there are too few: there may be more after a pause
            _log.warning("Worker %s cannot be started: %s. It is tried again.", name, error)

    def _tell_death(self, name: str, code: int) -> None:
        ending, reason = ending_of(code)
        _log.warning("Worker %s died: %s. Starting another.", name, reason)
        try:
            self._on_death(name, ending, reason)
        except LogsweepError as error:  # a full disk, for one
            _log.warning("What worker %s had is taken back when its leases run out: %s", name, error.detail)

    def _name(self, place: int, generation: int) -> str:
        return f"{LOCAL_PREFIX}{self._boot}-{place}-{generation}"

    def _start(self, place: int, name: str) -> Process | None:
        with self._lock:
            if self._stopping.is_set():
                return None
            process = self._processes[place] = self._spawn(name)
            return process


def ending_of(code: int) -> tuple[Ending, str]:
    """Return how a process ended, by its exit code, and in words."""
    if code == 0:
        return "released", "its process was asked to end"
    if code < 0:
        return "signal", f"its process was ended by {_signal_name(-code)}"
    if code == OUT_OF_MEMORY:
        return "out_of_memory", "its process ran out of memory"
    return "error", f"its process ended with exit code {code}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # the system's own, such as those for real time
        return f"signal {number}"


def worker_process(server: str, slots: int, key: str, certificate: Path | None = None) -> Callable[[str], Process]:
    """Return what starts a worker for `server` under a name, as a child that ends with this process.

    It reads its access key from the pipe that is its standard input: other users see commands, and children variables.
    """
    command = [sys.executable, "-P", "-m", "app.cli", "work", "--exit-with-parent", "--key-file", "-"]
    command += ["--server", server, "--slots", str(slots)]
    command += [] if certificate is None else ["--server-certificate", str(certificate)]

    def spawn(name: str) -> Process:
        environment = dict(os.environ)
        use_one_thread(environment)
        environment.pop(PORT_VARIABLE, None)  # all children would want the one port
        # A session of its own, so that Ctrl-C reaches the server alone, which then stops its workers in order.
        process = subprocess.Popen(  # noqa: S603  # our own command
            [*command, "--name", name], stdin=subprocess.PIPE, env=environment, start_new_session=True
        )
        assert process.stdin is not None
        try:
            os.write(process.stdin.fileno(), f"{key}\n".encode())
        except BrokenPipeError:
            return process  # it died at once, as its supervisor is about to hear
        except OSError:
            process.kill()
            process.wait()
            raise
        return process

    return spawn
