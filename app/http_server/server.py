"""Uvicorn's server, with connections that hold places."""

import asyncio
import socket
import time
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from app.http_server.accepting import accept_connections
from app.http_server.connection import Connection
from app.http_server.limits import Limits
from app.http_server.places import Places
from app.http_server.tally import Tally
from app.http_server.tls import Tls

GRACE_SECONDS = 10
"""How long open requests may take at the end."""

LAST_SECONDS = 1.0
"""How long a client may take nothing and send nothing at the end, before its connection is closed."""


def _pass_over(_: int) -> None:
    """Count nothing."""


class HttpServer(uvicorn.Server):
    """Serves an application to those who connect to sockets that listen.

    `refused` hears the status of each request that is answered in place of the application.
    """

    def __init__(
        self, app: ASGIApp, limits: Limits, tls: Tls | None = None, refused: Callable[[int], object] = _pass_over
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http="httptools",
                loop="asyncio",  # not whatever is installed beside: places and deadlines were tried on this one
                ws="none",
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=GRACE_SECONDS,
                ssl_certfile=None if tls is None else tls.certificate,
                ssl_keyfile=None if tls is None else tls.key,
            )
        )
        self._tally = Tally(time.monotonic, refused)
        self._places = Places(limits, self._tally, time.monotonic)
        self._accepting: list[asyncio.Task[None]] = []

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve."""
        await super().startup([])
        loop = asyncio.get_running_loop()
        for listener in sockets or []:
            accepting = accept_connections(listener, self._connection, self._places, self.config.ssl)
            self._accepting.append(loop.create_task(accepting))

    def _connection(self) -> Connection:
        loop = asyncio.get_running_loop()
        return Connection(self.config, self.server_state, self.lifespan.state, loop, self._places)

    async def on_tick(self, counter: int) -> bool:
        """Look after the deadlines, ten times a second; return whether to end."""
        self._places.close_overdue()
        self._tally.tell()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let requests end that are under way, but wait for no client that does nothing."""
        for accepting in self._accepting:
            accepting.cancel()
        loop = asyncio.get_running_loop()
        hurry_at = loop.time() + GRACE_SECONDS - 2 * LAST_SECONDS
        ending = asyncio.ensure_future(super().shutdown(sockets))
        while not (await asyncio.wait({ending}, timeout=LAST_SECONDS))[0]:
            self._places.close_waiting(LAST_SECONDS if loop.time() < hurry_at else 0.0)
        await ending
        self._tally.tell_now()
