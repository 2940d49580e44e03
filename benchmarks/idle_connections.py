"""The usual load beside clients that do nothing: 1,000 idle connections, then 200 readers who read nothing.

Parts alone and beside them take turns on one server. Who is hung up on comes again at once. They are held by a process
of their own, on the same cores: python -m benchmarks.idle_connections. Linux alone tells memory.
"""

import asyncio
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from urllib.parse import urlsplit

from benchmarks.memory import MEGABYTE, memory
from benchmarks.request_cost import processor_seconds
from benchmarks.service import Service, running_service
from benchmarks.service_load import SWEEP_BODY, loaded
from benchmarks.spread import Spread, Target, show_table

IDLE, READERS = 1000, 200
SECONDS = 10.0
"""How long each part of a round lasts."""

ROUNDS = 4
REST = 2.0
"""Seconds before a part, in which the server has sent to those who came what they take."""

LARGE = bytes(8 << 20)
WORSE = Target("<=", 1.25, "x")
KINDS = ("claim", "report", "finish", "read")
WHO = {"nobody": (0, 0), f"{IDLE:,} idle": (IDLE, 0), f"{READERS} slow readers": (0, READERS)}

Figures = dict[str, float]


def main() -> None:
    """Measure, and print the report. Ends with an error if a request failed."""
    figures = {who: list[Figures]() for who in WHO}
    with running_service(workers=0) as service:
        path = f"/v1/work/checkpoints/{sha256(LARGE).hexdigest()}"
        service.client.put(path, content=LARGE).raise_for_status()
        sweep = service.client.post("/v1/sweeps", json=SWEEP_BODY).raise_for_status().json()["id"]
        for _ in range(ROUNDS):
            for who, (idle, readers) in WHO.items():
                with _held(service, path, idle, readers):
                    time.sleep(REST)
                    figures[who].append(_measured(service, sweep))
    print(f"## Load beside clients that do nothing, {os.cpu_count()} cores: over that beside nobody\n")
    alone = figures["nobody"]
    rows = [[who, *(_cell(kind, some, alone) for kind in some[0])] for who, some in figures.items()]
    print(show_table(["beside", *alone[0]], rows))
    worst = max(Spread.of_ratios([one[f"{kind}, p99"] for one in some], [one[f"{kind}, p99"] for one in alone]).median
                for some in figures.values() for kind in KINDS)  # fmt: skip  # one figure
    print(f"\nThe worst of these p99: {worst:.2f}x, {WORSE.verdict(worst)}.")


def _measured(service: Service, sweep: str) -> Figures:
    """Return the milliseconds of the load, and what the server computed for a request, and its megabytes."""
    before = processor_seconds(service.pid)
    load = asyncio.run(loaded(str(service.client.base_url), sweep, SECONDS))
    if load.errors:
        raise SystemExit(f"{len(load.errors)} errors: {load.errors[0]}")
    waits = {kind: sorted(1e3 * one for one in load.waits[kind]) for kind in KINDS}
    found = {f"{kind}, p99": some[int(0.99 * (len(some) - 1))] for kind, some in waits.items()}
    computed = 1e3 * (processor_seconds(service.pid) - before) / sum(map(len, load.waits.values()))
    return found | {"processor time": computed, "memory": memory(service.pid, "VmRSS") / MEGABYTE}


def _cell(kind: str, some: list[Figures], alone: list[Figures]) -> str:
    ratio = Spread.of_ratios([one[kind] for one in some], [one[kind] for one in alone])
    unit = "MB" if kind == "memory" else "ms"
    return f"{Spread.of(one[kind] for one in some).median:,.1f} {unit}, {ratio.show('x', 2)}"


@contextmanager
def _held(service: Service, path: str, idle: int, readers: int) -> Iterator[None]:
    """Have a process hold connections; it says when all of them are there."""
    command = [sys.executable, "-m", "benchmarks.idle_connections", str(service.client.base_url), path]
    with subprocess.Popen([*command, str(idle), str(readers)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield
        finally:
            process.terminate()


def hold(address: str, path: str, idle: int, readers: int) -> None:
    """Keep all connections open, for ever."""
    place = (urlsplit(address).hostname or "", urlsplit(address).port or 80)
    asked = [b""] * idle + [_get("/v1/events")] * (readers // 2) + [_get(path)] * (readers - readers // 2)
    poll, sent = select.poll(), dict[int, tuple[socket.socket, bytes]]()
    for one in asked:
        _open(place, one, poll, sent)
    for connection, one in list(sent.values()):
        if one:
            connection.recv(1)  # of the answer, that the server has come to all of them
    print("all are here", flush=True)
    while True:
        for descriptor, _ in poll.poll(1000):
            connection, one = sent.pop(descriptor)
            poll.unregister(descriptor)
            connection.close()
            _open(place, one, poll, sent)
        time.sleep(0.05)  # those that were closed come back twenty times a second at most


def _open(
    place: tuple[str, int], asked: bytes, poll: select.poll, sent: dict[int, tuple[socket.socket, bytes]]
) -> None:
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(place)
    connection.sendall(asked)
    poll.register(connection, select.POLLRDHUP)
    sent[connection.fileno()] = (connection, asked)


def _get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


if __name__ == "__main__":
    if sys.argv[1:]:
        hold(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    else:
        main()
