"""Accept connections, and hold on where the system has no more resources: asyncio's own loop would fill the log."""

import asyncio
import errno
import socket
from collections.abc import Callable, Mapping
from ssl import SSLContext

from app.http_server.places import PATIENCE, Places

AT_ONCE = 8
"""Connections that are accepted before others are served again."""

RETRY_SECONDS = 0.1
"""How long nothing is accepted after the system refused it."""

FAREWELL_SECONDS = 1.0
"""How long a client may take for its farewell under TLS: asyncio's 30 s would hold up a stop."""

_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


async def accept_connections(
    listener: socket.socket,
    make_protocol: Callable[[], asyncio.Protocol],
    places: Places,
    encryption: SSLContext | None,
) -> None:
    """Accept until it is cancelled; while there is no room, whoever comes waits with the system."""
    loop = asyncio.get_running_loop()
    listener.setblocking(False)
    starting = dict[asyncio.Task[None], float]()
    while True:
        for _ in range(AT_ONCE):
            try:
                await _room(places, starting)
                accepted = await _accepted(loop, listener, places)
            except OSError as error:  # whatever the system lacks now, those who come later must be let in
                places.tally.note(f"could not be accepted ({error.strerror})")
                await asyncio.sleep(RETRY_SECONDS)
                continue
            if accepted is not None:
                seconds = places.limits.head_seconds if encryption else None
                task = loop.create_task(_start(loop, make_protocol, accepted, encryption, seconds))
                starting[task] = loop.time()
                task.add_done_callback(starting.pop)
        await asyncio.sleep(0)  # many that come together are all here at once, and would keep the loop to themselves


async def _room(places: Places, starting: Mapping[asyncio.Task[None], float]) -> None:
    """Return once there is room for another connection; whoever is long at agreeing on a key goes for it, too."""
    while (pause := places.room(len(starting))) > 0:
        late = asyncio.get_running_loop().time() - PATIENCE
        for task in [task for task, began in starting.items() if began < late]:
            task.cancel()
        await asyncio.sleep(pause)


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
    seconds: float | None,
) -> None:
    """Give a connection its protocol, once a key is agreed on if there is encryption."""
    try:
        await loop.connect_accepted_socket(
            make_protocol,
            connection,
            ssl=encryption,
            ssl_handshake_timeout=seconds,
            ssl_shutdown_timeout=FAREWELL_SECONDS if encryption else None,
        )
    except OSError:
        pass  # it is gone, or its encryption failed
    except asyncio.CancelledError:
        connection.close()
        raise
