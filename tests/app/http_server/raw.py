"""A client that speaks bytes, and may do what no library would."""

import json
import select
import socket
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx

PATIENCE = 30.0
"""Seconds after which a server that should do something has failed."""


def connect(client: httpx.Client, sent: bytes = b"", receive_buffer: int | None = None) -> socket.socket:
    """Return a connection to the server of `client`, over which so much was sent."""
    connection = socket.socket()
    if receive_buffer is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.settimeout(PATIENCE)
    connection.connect((client.base_url.host, client.base_url.port))
    connection.sendall(sent)
    return connection


@contextmanager
def connected(client: httpx.Client, count: int, sent: bytes = b"") -> Iterator[list[socket.socket]]:
    """So many connections, over each of which so much was sent."""
    with ExitStack() as stack:
        yield [stack.enter_context(connect(client, sent)) for _ in range(count)]


def request(method: str, path: str, *headers: str, body: bytes = b"") -> bytes:
    """Return a request as bytes."""
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *headers, "", ""]).encode() + body


def everything(connection: socket.socket) -> bytes:
    """Return what comes until the server closes the connection."""
    return b"".join(iter(lambda: connection.recv(1 << 16), b""))


def answers(received: bytes) -> list[tuple[int, bytes]]:
    """Return the status and the body of each answer, of which all have a Content-Length."""
    found = []
    while received:
        head, _, rest = received.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:])
        size = int(headers["content-length"])
        found.append((int(lines[0].split()[1]), rest[:size]))
        received = rest[size:]
    return found


def refusal(connection: socket.socket, status: int) -> dict[str, Any]:
    """Return the problem that is all that comes before the server closes a connection."""
    received = everything(connection)
    assert b"\r\ncontent-type: application/problem+json\r\n" in received
    assert b"\r\nconnection: close\r\n" in received
    ((told, body),) = answers(received)
    problem: dict[str, Any] = json.loads(body)
    assert told == problem["status"] == status, problem
    return problem


def trickle(connection: socket.socket, pieces: Iterable[bytes], pause: float = 0.02) -> None:
    """Send piece after piece, until the server says something or hangs up."""
    for piece in pieces:
        if select.select([connection], [], [], pause)[0]:
            return
        connection.sendall(piece)
    raise AssertionError("The server let everything come.")


def require_hang_up(connection: socket.socket) -> None:
    """Wait until the server has hung up, without reading what it sent."""
    poll = select.poll()
    poll.register(connection, select.POLLRDHUP)
    assert poll.poll(1e3 * PATIENCE)


def has_hung_up(connection: socket.socket) -> bool:
    """Return whether the server has hung up."""
    poll = select.poll()
    poll.register(connection, select.POLLRDHUP)
    return bool(poll.poll(0))
