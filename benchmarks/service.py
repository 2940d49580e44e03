"""A real `logsweep serve` as a child process, and sweeps posted to it as any client would."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

WAIT = 2
"""Seconds that the server may hold back its answer until the sweep has ended."""

HERE = Path(__file__).parents[1]
"""The checkout that this file belongs to."""

STOP_SECONDS = 60.0
LONGEST_SWEEP = 600.0
PAGE = 500


class Service:
    """A server with workers, seen through its REST API."""

    def __init__(self, process: subprocess.Popen[str], client: httpx.Client) -> None:
        self._process = process
        self.client = client
        self.pid = process.pid

    def get(self, path: str, **query: str | int) -> Any:
        """Return the JSON of a GET request."""
        return self.client.get(path, params=query).raise_for_status().json()

    def run_sweep(self, body: Mapping[str, Any], longest: float = LONGEST_SWEEP) -> tuple[dict[str, Any], float]:
        """Post a sweep and follow it to its end; return it, and the seconds from the request to the last answer.

        Raises RuntimeError if it is refused, takes more than `longest` seconds or ends otherwise than completed.
        """
        start = time.perf_counter()
        response = self.client.post("/v1/sweeps", json=body)
        if response.is_error:
            raise RuntimeError(f"The server refused the sweep: {response.text}")
        sweep = self.ended(response.json()["id"], longest)
        return sweep, time.perf_counter() - start

    def ended(self, name: str, longest: float = LONGEST_SWEEP) -> dict[str, Any]:
        """Follow a sweep to its end; return it. Raises RuntimeError as `run_sweep` does."""
        start = time.perf_counter()
        sweep: dict[str, Any] = self.get(f"/v1/sweeps/{name}", wait=WAIT)
        while sweep["state"] == "running":
            self._require_life(time.perf_counter() - start, longest)
            sweep = self.get(f"/v1/sweeps/{name}", wait=WAIT)
        if sweep["state"] != "completed":
            raise RuntimeError(f"The sweep ended as {sweep['state']} ({sweep['reason']}), not completed.")
        return sweep

    def _require_life(self, waited: float, longest: float) -> None:
        """Raise an error if the server ended or the sweep takes too long."""
        if waited > longest:
            raise RuntimeError(f"The sweep was not completed after {longest:g} seconds.")
        if (code := self._process.poll()) is not None:
            raise RuntimeError(f"The server ended with code {code} in the middle of a sweep.")

    def trials(self, sweep: str) -> list[dict[str, Any]]:
        """Return all trials of a sweep, page by page."""
        page = self.get(f"/v1/sweeps/{sweep}/trials", limit=PAGE)
        items: list[dict[str, Any]] = page["items"]
        while page["next"] is not None:
            page = self.get(f"/v1/sweeps/{sweep}/trials", limit=PAGE, cursor=page["next"])
            items += page["items"]
        return items


@contextmanager
def running_service(workers: int, code: Path = HERE) -> Iterator[Service]:
    """Serve by the code of a checkout, on a temporary data folder and a free port; stop and remove all in the end."""
    with TemporaryDirectory(prefix="logsweep-") as folder, serving(Path(folder) / "data", workers, code) as service:
        yield service


@contextmanager
def serving(data: Path, workers: int, code: Path = HERE) -> Iterator[Service]:
    """Serve a data folder by the code of a checkout on a free port, and stop in the end; the log stays beside it."""
    # SIGTERM ends a program without its `finally`; SystemExit does not.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    log = data.parent / f"{data.name}.log"
    process = _start(data, log, workers, code)
    try:
        with httpx.Client(base_url=_address(process, log), timeout=30.0) as client:
            yield Service(process, client)
    finally:
        _stop(process)


def _start(data: Path, log: Path, workers: int, code: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "app.cli", "serve", "--port", "0", "--data", str(data), "--workers", str(workers)]
    with log.open("w") as output:
        # A group of its own: Ctrl-C reaches the benchmark alone, which then stops the server in order.
        # No session of its own: Linux shares the processors among these, and prefers each one by itself.
        # Python looks for `app` in its working directory first; workers are its children and look there too.
        return subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
            process_group=0,
            cwd=code,
            env={**os.environ, "PYTHONPATH": str(code)},
        )


def _address(process: subprocess.Popen[str], log: Path) -> str:
    """Return the address from the server's first line, which it prints once it serves."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line.startswith("Serving at "):
        raise RuntimeError(f"The server did not start. Its log:\n{log.read_text()}")
    return line.removeprefix("Serving at ").strip()


def _stop(process: subprocess.Popen[str]) -> None:
    """End the server by SIGTERM, and by force if that takes too long, which is an error."""
    process.terminate()
    try:
        process.communicate(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise RuntimeError(f"The server did not stop within {STOP_SECONDS:g} seconds of SIGTERM.") from None
