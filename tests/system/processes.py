"""Servers and workers as child processes of a test, and what a test sees of them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

PATIENCE = 90.0
"""Seconds after which a condition that a test waits for has failed."""

LONGEST_PAUSE = 0.05
"""Seconds from question to question: servers that are asked more often have less time to work."""

WAIT = 10.0
"""Seconds that a server may take to answer whether a sweep has ended: asked often, it has less time to work."""

LONG_PATIENCE = 1800.0
"""The same for what takes minutes."""

_COMMAND = [sys.executable, "-m", "app.cli"]


def until(condition: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """Ask again and again until `condition` gives something true; return it. Fail after `patience` seconds."""
    deadline, pause = time.monotonic() + patience, 0.005
    while time.monotonic() < deadline:
        if result := condition():
            return result
        pause = min(1.2 * pause, LONGEST_PAUSE)
        time.sleep(pause)  # the pace of asking; what ends the wait is the condition
    raise AssertionError(f"It did not happen within {patience:g} s: {what}.")


class ServerProcess:
    """`logsweep serve` on a data folder and on loopback; port 0 takes a free one.

    `descriptors` is the most that it may have open, so that it cannot allow itself more; `module` is what is run, if
    it is not the command line itself.
    """

    def __init__(
        self,
        data: Path,
        workers: int = 0,
        slots: int = 64,
        lease_seconds: float = 30.0,
        port: int = 0,
        variables: Mapping[str, str] | None = None,
        descriptors: int | None = None,
        *,
        module: str = "app.cli",
    ) -> None:
        options = ["serve", "--data", str(data), "--port", str(port)]
        options += ["--workers", str(workers), "--slots", str(slots)]
        environment = {**os.environ, "LOGSWEEP_LEASE_SECONDS": str(lease_seconds), **(variables or {})}
        self.log = log_file = data.parent / f"{data.name}.log"
        with log_file.open("ab") as log:
            command = [*_limited(descriptors), sys.executable, "-m", module, *options]
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=environment)
        assert self.process.stdout is not None
        line = self.process.stdout.readline().decode()
        if not line.startswith(("Serving at http://127.0.0.1:", "Serving at https://127.0.0.1:")):
            self.process.kill()  # or the next test in this process fails too, for what this one left behind
            self.process.communicate()
            raise AssertionError(f"The server did not start: {line!r}\n{log_file.read_text()}")
        self.data = data
        self.address = line.split()[-1]
        self.port = int(self.address.rpartition(":")[2])
        self.client = httpx.Client(base_url=self.address, timeout=30.0)

    def children(self) -> list[int]:
        """Return the ids of the worker processes that the server started."""
        # A server may have a compiler at work too.
        return [child for child in child_ids(self.process.pid) if b"\0work\0" in _command(child)]

    def planners(self) -> list[int]:
        """Return the ids of the processes that make its plans: one, once a sweep learns, else none."""
        return planners_of(self.process.pid)

    def kill(self) -> None:
        """End the server at once, as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask the server to end, and wait for it."""
        self._end(signal.SIGTERM)

    def require_life(self, seconds: float) -> None:
        """Wait for so long, in which the server must not end."""
        _require_life(self.process, seconds)

    def _end(self, number: signal.Signals) -> None:
        self.client.close()
        self.process.send_signal(number)
        self.process.wait(PATIENCE)
        assert self.process.stdout is not None
        self.process.stdout.close()


def _limited(descriptors: int | None) -> list[str]:
    """Return what goes before a command that may have only so many descriptors."""
    return [] if descriptors is None else ["sh", "-c", 'ulimit -n "$0" && exec "$@"', str(descriptors)]


class WorkerProcess:
    """`logsweep work` against a server."""

    def __init__(self, server: str, name: str, slots: int = 64) -> None:
        options = ["work", "--server", server, "--name", name, "--slots", str(slots)]
        self.name = name
        self.process = subprocess.Popen([*_COMMAND, *options], stderr=subprocess.DEVNULL)

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def wait(self) -> int:
        """Wait for the end; return the exit code."""
        return self.process.wait(PATIENCE)

    def require_life(self, seconds: float) -> None:
        """Wait for so long, in which the worker must not end."""
        _require_life(self.process, seconds)


def _require_life(process: subprocess.Popen[bytes], seconds: float) -> None:
    try:
        code = process.wait(seconds)
    except subprocess.TimeoutExpired:
        return
    raise AssertionError(f"The process ended with code {code}.")


@contextmanager
def running(*processes: ServerProcess | WorkerProcess) -> Iterator[None]:
    """Leave nothing behind, whatever the test does."""
    try:
        yield
    finally:
        for process in reversed(processes):
            if process.process.poll() is None:
                process.process.send_signal(signal.SIGCONT)
                process.process.terminate()
                process.process.wait(PATIENCE)
            if isinstance(process, ServerProcess):
                process.client.close()
                assert process.process.stdout is not None
                process.process.stdout.close()


def child_ids(parent: int) -> list[int]:
    """Return the ids of the processes whose parent is `parent`."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended while we looked
        if int(fields[1]) == parent and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def planners_of(parent: int) -> list[int]:
    """Return the ids of the processes that make plans for `parent`."""
    return [child for child in child_ids(parent) if b"\0app.planning.child\0" in _command(child)]


def _command(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""  # it ended while we looked


def gone(process: int) -> bool:
    """Return whether a process has ended (a zombie has)."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def kill_a_worker(server: ServerProcess) -> None:
    """Kill one of the workers that a server has, and wait until it is gone."""
    victim = until(server.children, "the server has children")[0]
    os.kill(victim, signal.SIGKILL)
    until(lambda: gone(victim), "the child is gone")


def kill_with_children(server: ServerProcess) -> None:
    """Kill a server, and wait until its children have ended with it."""
    orphans = server.children()
    server.kill()
    until(lambda: all(gone(orphan) for orphan in orphans), "the children end with their server")


def post_sweep(client: httpx.Client, sweep: dict[str, Any]) -> str:
    """Post a sweep; return its id."""
    response = client.post("/v1/sweeps", json=sweep)
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


def counts(client: httpx.Client, sweep: str) -> dict[str, int]:
    """Return how many trials of a sweep are in each state."""
    found: dict[str, int] = client.get(f"/v1/sweeps/{sweep}").raise_for_status().json()["counts"]
    return found


def in_the_middle(client: httpx.Client, sweep: str) -> bool:
    """Return whether some trials of a sweep run, some are done and some are not begun or not done."""
    now = counts(client, sweep)
    return now["running"] > 0 and now["completed"] > 0


def finish(client: httpx.Client, sweep: str, patience: float = PATIENCE) -> dict[str, Any]:
    """Wait until a sweep has ended; return it."""

    def ended() -> dict[str, Any] | None:
        answer = client.get(f"/v1/sweeps/{sweep}", params={"wait": WAIT})
        found: dict[str, Any] = answer.raise_for_status().json()
        return None if found["state"] == "running" else found

    result: dict[str, Any] = until(ended, f"sweep {sweep} ends", patience)
    return result
