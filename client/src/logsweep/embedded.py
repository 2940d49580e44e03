"""A server of one's own, for as long as a notebook or a program needs it."""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from logsweep.client import Client
from logsweep.errors import ServerNotInstalled, Unreachable

START_SECONDS = 90.0
"""What a server may take to start: kernels may have to be compiled, or a database migrated."""

STOP_SECONDS = 45.0
"""What it may take to stop in order; then it is killed, which loses nothing that was answered."""

STAFF_SECONDS = 5.0
"""What its first worker may take to be heard of; a sweep before it would be told that nobody trains it."""

_SAID = "Serving at "


def local(data: str | Path | None = None, *, workers: int | None = None, deadline: float | None = None) -> "Local":
    """Start a server on a free port of this machine, with workers (one per core unless said); return its client.

    It ends with the context of the client, with `close`, and at the latest with this interpreter. `data` is its
    folder; without it there is one that is deleted at the end. Raises ServerNotInstalled or Unreachable.
    """
    client = Local(_Server(None if data is None else Path(data), workers), deadline)
    if workers != 0:
        _wait_for_workers(client)
    return client


def _wait_for_workers(client: Client) -> None:
    """Wait until one is heard of, or for as long as one may take."""
    end = time.monotonic() + STAFF_SECONDS
    while not any(client.workers()) and time.monotonic() < end:
        time.sleep(0.05)  # the pace of asking


class Local(Client):
    """The client of a server that ends with it; `data` is the folder of its database."""

    def __init__(self, server: "_Server", deadline: float | None) -> None:
        super().__init__(server.address, deadline=deadline)
        self.data = server.data
        self.process_id = server.process.pid
        self._end = weakref.finalize(self, server.end)

    def close(self) -> None:
        """Close the connections, and end the server."""
        super().close()
        self._end()


class _Server:
    """A server process, and the folder that goes with it; a process that was forked from ours leaves both alone."""

    def __init__(self, data: Path | None, workers: int | None) -> None:
        command = _command()
        self._made_in = os.getpid()
        self.data = data or Path(tempfile.mkdtemp(prefix="logsweep-"))
        # No TemporaryDirectory: that would be removed at the end of a forked process, too.
        self._remove = None if data else weakref.finalize(self, _remove, self.data, self._made_in)
        self.data.mkdir(parents=True, exist_ok=True)
        command += ["--port", "0", "--data", str(self.data), "--exit-with-parent"]
        command += [] if workers is None else ["--workers", str(workers)]
        log = self.data / "server.log"
        with log.open("ab") as output:
            # A session of its own: Ctrl-C interrupts the cell, and not the server. Its input closes when we end, even
            # if we are killed, and it ends then.
            self.process = subprocess.Popen(  # noqa: S603 - our own server
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=output, start_new_session=True
            )
        self.address = self._first_line(log)

    def _first_line(self, log: Path) -> str:
        """Return the address that the server tells first. Raises Unreachable."""
        assert self.process.stdout is not None
        with _Limit(START_SECONDS, self.process):
            line = self.process.stdout.readline().decode()
        if line.startswith(_SAID):
            return line.removeprefix(_SAID).strip()
        told = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        self.end()
        raise Unreachable(f"The server did not start. The end of its log:\n{told}")

    def end(self) -> None:
        """Stop the process in order, and delete the folder if it was ours."""
        if os.getpid() != self._made_in:
            return
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        with _Limit(STOP_SECONDS, self.process):
            self.process.stdout.read()
            self.process.wait()
        self.process.stdout.close()
        if self._remove is not None:
            self._remove()


def _remove(folder: Path, made_in: int) -> None:
    if os.getpid() == made_in:
        shutil.rmtree(folder)


class _Limit:
    """Kills a process that takes longer than so many seconds for what is done in this context."""

    def __init__(self, seconds: float, process: "subprocess.Popen[bytes]") -> None:
        self._timer = threading.Timer(seconds, process.kill)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: Any) -> None:
        self._timer.cancel()


def _command() -> list[str]:
    """Return the command that serves. Raises ServerNotInstalled."""
    for one in entry_points(group="console_scripts", name="logsweep"):
        if one.dist is not None and one.dist.name == "logsweep":
            return [sys.executable, "-P", "-m", one.module, "serve"]
    raise ServerNotInstalled(
        "The server is no part of this Python, so that none can be started here. Install it (pip install logsweep), "
        "or start one elsewhere and say where it is: logsweep.Client(url)."
    )
