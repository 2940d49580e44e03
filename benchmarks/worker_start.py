"""What compiled kernels cost a worker that has nothing to do: its start until it asks for work, and its memory."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

from benchmarks.memory import MEGABYTE, memory
from benchmarks.spread import Spread, Target, show_table

ROUNDS = 11
SETTLED = 1.0
"""Seconds after its first request at which a worker's memory is looked at: kernels are loaded by then."""

START = Target("<=", 0.1, " s")
MEMORY = Target("<=", 30.0, " MB")
CHOICES = ("numpy", "auto", "compiled")


def main() -> None:
    """Measure, and print the report."""
    rounds = [{choice: _worker(choice) for choice in CHOICES} for _ in range(ROUNDS + 1)][1:]  # the first compiles
    rows = []
    for choice in CHOICES:
        seconds, megabytes = ([one[choice][part] for one in rounds] for part in (0, 1))
        later, more = (Spread.of(one[choice][part] - one["numpy"][part] for one in rounds).median for part in (0, 1))
        rows.append(
            [
                choice,
                Spread.of(seconds).show(" s", 2),
                "" if choice == "numpy" else f"{later:+.3f} s; {START.verdict(later)}",
                Spread.of(megabytes).show(" MB"),
                "" if choice == "numpy" else f"{more:+.1f} MB; {MEMORY.verdict(more)}",
            ]
        )
    print("## Start of a worker: from its command to its first claim, and its memory a second later\n")
    print(show_table(["LOGSWEEP_KERNELS", "start", "against numpy", "memory", "against numpy"], rows))


def _worker(choice: str) -> tuple[float, float]:
    """Start a worker; return the seconds until it asks for work, and its resident memory in megabytes then."""
    with _server() as (address, asked):
        command = [sys.executable, "-m", "app.cli", "work", "--server", address, "--name", "measured"]
        start = time.perf_counter()
        process = subprocess.Popen(command, env={**os.environ, "LOGSWEEP_KERNELS": choice}, stderr=subprocess.DEVNULL)
        try:
            if not asked.wait(60.0):
                raise RuntimeError(f"The worker asked for no work within a minute; its code is {process.poll()}.")
            seconds = time.perf_counter() - start
            time.sleep(SETTLED)  # the moment that is measured, not a wait for something
            return seconds, memory(process.pid, "VmRSS") / MEGABYTE
        finally:
            process.kill()
            process.wait()


@contextmanager
def _server() -> Iterator[tuple[str, Event]]:
    """Listen for the first request of a worker, and never answer it."""
    asked, over = Event(), Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name that the standard library calls
            asked.set()
            over.wait()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        over.set()
        server.shutdown()
        thread.join()
        server.server_close()


if __name__ == "__main__":
    main()
