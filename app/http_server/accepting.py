"""Accept connections, and hold on where the system has no more resources: asyncio's own loop would fill the log."""

import asyncio
import errno
import socket
from collections.abc import Callable
from ssl import SSLContext

from app.http_server.places import Places

AT_ONCE = 32
"""Connections that are accepted before others are served again."""

RETRY_SECONDS = 0.1
"""How long nothing is accepted after the system refused it."""

_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


async def accept_connections(
    listener: socket.socket,
    make_protocol: Callable[[], asyncio.Protocol],
    places: Places,
    encryption: SSLContext | None,
) -> None:
    """Accept until it is cancelled."""
    loop = asyncio.get_running_loop()
    listener.setblocking(False)
    starting = set[asyncio.Task[None]]()
    while True:
        for _ in range(AT_ONCE):
            if (accepted := await _accepted(loop, listener, places)) is not None:
                task = loop.create_task(_start(loop, make_protocol, accepted, encryption))
                starting.add(task)
                task.add_done_callback(starting.discard)
        await asyncio.sleep(0)  # many that come together are all here at once, and would keep the loop to themselves


async def _accepted(loop: asyncio.AbstractEventLoop, listener: socket.socket, places: Places) -> socket.socket | None:
    """Return the next connection; None if it is gone already, or the system had no resources for it."""
    try:
        connection, _ = await loop.sock_accept(listener)
    except ConnectionAbortedError:
        return None
    except OSError as error:
        places.tally.note(f"could not be accepted ({error.strerror})")
        if error.errno in _EXHAUSTED:
            places.make_room()
        await asyncio.sleep(RETRY_SECONDS)  # nobody is told when the system has something again
        return None
    return connection


async def _start(
    loop: asyncio.AbstractEventLoop,
    make_protocol: Callable[[], asyncio.Protocol],
    connection: socket.socket,
    encryption: SSLContext | None,
) -> None:
    """Give a connection its protocol."""
    try:
        await loop.connect_accepted_socket(make_protocol, connection, ssl=encryption)
    except OSError:
        connection.close()  # gone, or its encryption failed
