"""The API under other servers, beside ours: granian and hypercorn, where they are installed, and uvicorn as it comes.

Each serves the same application on a folder of its own, with one process and one event loop, under the load of
benchmarks.service_load; they take turns: python -m benchmarks.http_servers. What each does with clients that do nothing
is looked at as well: docs/decisions/0036-places-and-deadlines.md.
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from benchmarks.service_load import SWEEP_BODY, Load, loaded
from benchmarks.spread import Spread, show_table

SECONDS = 8.0
ROUNDS = 4
KINDS = ("claim", "report", "finish", "read")
FOLDER = "LOGSWEEP_BENCHMARK_FOLDER"

_open = ExitStack()


def application() -> Any:
    """Return the application on a folder that the environment names; it stays open until the process ends."""
    from app.composition import make_app, open_services  # noqa: PLC0415  # the load needs none of it
    from app.settings import Settings  # noqa: PLC0415

    settings = Settings(data=Path(os.environ[FOLDER]))
    return make_app(_open.enter_context(open_services(settings)), settings)


def _ours(port: int) -> None:
    from app.http_server.limits import Limits  # noqa: PLC0415  # only this server needs it
    from app.http_server.server import HttpServer  # noqa: PLC0415

    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(socket.SOMAXCONN)
    HttpServer(application(), Limits()).run(sockets=[listener])


def _uvicorn(port: int) -> None:
    import uvicorn  # noqa: PLC0415  # only this server needs it

    uvicorn.run(application(), port=port, http="httptools", access_log=False, log_level="warning")


def _granian(port: int) -> None:
    granian = import_module("granian")  # by name, as it need not be installed
    target = "benchmarks.http_servers:application"
    granian.Granian(target, port=port, interface="asgi", factory=True, workers=1, log_enabled=False).serve()


def _hypercorn(port: int) -> None:
    config = import_module("hypercorn.config").Config()
    config.bind, config.loglevel = [f"127.0.0.1:{port}"], "WARNING"
    asyncio.run(import_module("hypercorn.asyncio").serve(application(), config))


SERVERS: Mapping[str, Callable[[int], None]] = {
    "logsweep": _ours,
    "uvicorn": _uvicorn,
    "granian": _granian,
    "hypercorn": _hypercorn,
}


def main() -> None:
    """Measure, and print the report."""
    names = [name for name in SERVERS if name == "logsweep" or find_spec(name)]
    with ExitStack() as stack:
        served = {name: stack.enter_context(_served(name)) for name in names}
        figures = {name: list[dict[str, float]]() for name in names}
        for number in range(ROUNDS):
            for name in names[number % len(names) :] + names[: number % len(names)]:
                figures[name].append(_measured(*served[name]))
    ours = figures["logsweep"]
    print(f"## Servers around the API, {os.cpu_count()} cores: median of {ROUNDS} rounds, and over ours\n")
    kinds = [*KINDS, "processor"]
    rows = [[name, *(_cell(kind, rounds, ours) for kind in kinds)] for name, rounds in figures.items()]
    print(show_table(["server", *(f"{kind}, p99" for kind in KINDS), "processor for a request"], rows))


def _cell(kind: str, rounds: list[dict[str, float]], ours: list[dict[str, float]]) -> str:
    ratio = Spread.of_ratios([one[kind] for one in rounds], [one[kind] for one in ours])
    return f"{Spread.of(one[kind] for one in rounds).median:,.2f} ms, {ratio.show('x', 2)}"


def _measured(address: str, pid: int, sweep: str) -> dict[str, float]:
    before = _computed(pid)
    load: Load = asyncio.run(loaded(address, sweep, SECONDS))
    if load.errors:
        raise SystemExit(f"{address}: {len(load.errors)} errors: {load.errors[0]}")
    found = {kind: 1e3 * sorted(waits)[int(0.99 * (len(waits) - 1))] for kind, waits in load.waits.items()}
    return found | {"processor": 1e3 * (_computed(pid) - before) / sum(map(len, load.waits.values()))}


def _computed(pid: int) -> float:
    """Return the seconds that a process and its children have computed."""
    tasks = [*Path(f"/proc/{pid}/task").glob("*/schedstat")]
    children = [
        int(child) for task in Path(f"/proc/{pid}/task").glob("*/children") for child in task.read_text().split()
    ]
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9 + sum(map(_computed, children))


@contextmanager
def _served(name: str) -> Iterator[tuple[str, int, str]]:
    """Serve by a server of that name; yield its address, its process and a sweep."""
    with socket.socket() as free, TemporaryDirectory(prefix="logsweep-") as folder:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        command = [sys.executable, "-m", "benchmarks.http_servers", name, str(port)]
        with subprocess.Popen(command, env={**os.environ, FOLDER: folder}) as process:
            try:
                with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30.0) as client:
                    _await(client)
                    sweep = client.post("/v1/sweeps", json=SWEEP_BODY).raise_for_status().json()["id"]
                    yield str(client.base_url), process.pid, sweep
            finally:
                process.send_signal(signal.SIGTERM)


def _await(client: httpx.Client) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            client.get("/healthz").raise_for_status()
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)  # the pace of asking; what ends the wait is the answer
        else:
            return


if __name__ == "__main__":
    if sys.argv[1:]:
        SERVERS[sys.argv[1]](int(sys.argv[2]))
    else:
        main()
