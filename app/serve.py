"""The server process: the HTTP server around the API, and the workers that live and stop with it."""

import asyncio
import errno
import gc
import ipaddress
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import typer
from starlette.types import ASGIApp

from app.composition import make_app, make_first_keys, open_services
from app.domain.access import Scope
from app.domain.errors import Unavailable
from app.http_server.limits import Limits, connections_within, raise_descriptor_limit
from app.http_server.server import HttpServer
from app.http_server.tls import Tls
from app.instruments.tracing import sent_traces
from app.server_status import telling
from app.services.access import Access
from app.services.allocator import bound_arenas
from app.services.services import Services
from app.settings import Settings, read_settings
from app.thread_faults import ThreadFaults, thread_faults
from app.trainer.kernels import start_kernels
from app.worker.supervisor import STOP_SECONDS, Supervisor, worker_process

_log = logging.getLogger(__name__)

COLLECT_AFTER = 10_000
"""Objects that a garbage collection waits for: a large request has a million, and Python's 700 made it read 7 times as
long. From 5,000 on that is over, and of more the garbage in between, 240 bytes each, is memory for good."""

SWITCH_SECONDS = 0.0005
"""How long a thread computes before others have their turn: the event loop and the writer, which often wait for the
system, waited for Python's 5 ms besides. Beside hostile requests the 99th percentile of reports is 0.63 times that of
before (0.62..0.70 in three rounds by turns), of claims 0.75, of reads 0.83; the processor time is 1.03 times that."""


class Server(HttpServer):
    """An HTTP server that starts workers once it serves, and stops them before it stops serving."""

    def __init__(  # each is a part of the server
        self,
        app: ASGIApp,
        limits: Limits,
        supervisor: Supervisor,
        services: Services,
        address: str,
        faults: ThreadFaults,
        tls: Tls | None = None,
    ) -> None:
        super().__init__(app, limits, tls, services.meters.refused)
        self._services = services
        self._faults = faults
        self._supervisor = supervisor
        self._address = address
        self._status = ExitStack()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve, and say where."""
        await super().startup(sockets)
        if self.started:
            typer.echo(f"Serving at {self._address}")
            _log.info("%s is served with SQLite %s", self._address, self._services.storage.engine_version())
            self._supervisor.start()
            self._status.enter_context(telling(self._services))

    async def on_tick(self, counter: int) -> bool:
        """Return whether to end, as it was asked or without one of its threads."""
        return await super().on_tick(counter) or self._faults.first is not None

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop the workers, then let those who wait here go."""
        await asyncio.to_thread(self._status.close)
        # What they would hand over cannot be relied on to be taken by a server without one of its threads.
        await asyncio.to_thread(self._supervisor.stop, STOP_SECONDS if self._faults.first is None else 0.0)
        # Claims of other workers may wait here for work, and readers follow events: ended now, or the stop would wait.
        self._services.publisher.close()
        await super().shutdown(sockets)


def run_server(host: str, port: int, data: Path, workers: int, slots: int, tls: Tls | None = None) -> None:
    """Serve until SIGTERM or SIGINT. The first line on standard output tells the address.

    Raises LogsweepError if the data folder cannot be opened, the address cannot be used, or the environment asks for
    what cannot be: a setting, or kernels that are not available. Raises Unavailable where a fault ended one of the
    server's threads.
    """
    settings = read_settings(data=data)
    bound_arenas(os.environ)
    start_kernels()  # here too, so that they are compiled before there is work
    _make_interpreter_ready()
    with (
        thread_faults() as faults,
        sent_traces(os.environ) as traces,
        _bound(host, port) as listener,  # first: where that is refused no folder is made
        open_services(settings, traces) as services,
    ):
        make_first_keys(services.access, settings)
        _require_guard(services.access, listener, data)
        listener.listen(socket.SOMAXCONN)
        address = _address(listener, tls)
        key = services.access.create_unkept("workers of this server", Scope.WORK)
        spawn = worker_process(address, slots, key, None if tls is None else tls.certificate)
        supervisor = Supervisor(workers, services.work.lose_worker, spawn)
        try:
            limits = limits_of(settings)
            told = settings.model_copy(update={"hosts": (*settings.hosts, host), "connections": limits.connections})
            server = Server(make_app(services, told, traces), limits, supervisor, services, address, faults, tls)
            server.run(sockets=[listener])
        except KeyboardInterrupt:
            # Uvicorn raises it again after an orderly stop.
            typer.echo("Stopped.")
        finally:
            _ignore_signals()
        _require_threads(faults)


def _require_threads(faults: ThreadFaults) -> None:
    """Raise Unavailable if the server has ended without one of its threads."""
    if faults.first is not None:
        raise Unavailable(
            f"The server ended by a fault of its own: {faults.first}. Its log has the traceback. Whatever it answered "
            "with success is stored; start it again."
        )


def _make_interpreter_ready() -> None:
    """Have collections of garbage and turns of threads come when a server needs them."""
    gc.freeze()  # what was imported stays, and need not be looked through again
    gc.set_threshold(COLLECT_AFTER, 20, 20)
    gc.enable()
    sys.setswitchinterval(SWITCH_SECONDS)


def limits_of(settings: Settings) -> Limits:
    """Return what the HTTP server bears by the settings, and by the descriptors that this process may have."""
    descriptors = raise_descriptor_limit()
    return Limits(
        connections=settings.connections or connections_within(descriptors),
        head_seconds=settings.head_seconds,
        idle_seconds=settings.idle_seconds,
        body_seconds=settings.body_seconds,
        reading_seconds=settings.reader_seconds,
    )


def stop_with_input() -> None:
    """Have the process stop in order when its standard input closes: whoever started it is gone, or asks for it."""
    threading.Thread(target=_stop_at_end_of_input, name="input", daemon=True).start()


def _stop_at_end_of_input() -> None:
    # The bare descriptor: a buffered reader's lock would be held when the interpreter shuts down.
    while os.read(sys.stdin.fileno(), 4096):
        continue
    os.kill(os.getpid(), signal.SIGTERM)


def _ignore_signals() -> None:
    """Let nobody who asks again interrupt the end, in which the database becomes one file."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def _bound(host: str, port: int) -> Iterator[socket.socket]:
    """Give a socket at the address, on which nobody listens yet. Raises Unavailable if it is taken or not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio switches Nagle's algorithm off: 40 ms less for each small answer.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    with listener:
        try:
            listener.bind((host, port))
        except OSError as error:
            other = "--port" if error.errno in {errno.EADDRINUSE, errno.EACCES} else "--host"
            raise Unavailable(
                f"The address {host}, port {port} cannot be used: {error.strerror}. Choose another {other}."
            ) from None
        yield listener


def _require_guard(access: Access, listener: socket.socket, data: Path) -> None:
    """Raise Unavailable where everybody could reach a server that asks for no key."""
    here = listener.getsockname()[0]
    if not access.guarded and not ipaddress.ip_address(here).is_loopback:
        raise Unavailable(
            f"Without an access key the server listens on loopback alone, and {here} is not: make one with "
            f"`logsweep key create NAME --scope admin --data {data}`, or leave --host out."
        )


def _address(listener: socket.socket, tls: Tls | None) -> str:
    """Return the address by which this machine reaches the listener."""
    host, port = listener.getsockname()[:2]
    here = "127.0.0.1" if ipaddress.ip_address(host).is_unspecified else host
    scheme = "http" if tls is None else "https"
    return f"{scheme}://[{here}]:{port}" if ":" in here else f"{scheme}://{here}:{port}"
