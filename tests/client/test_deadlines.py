"""A deadline bounds all of an operation, whatever the server does with its time."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from logsweep import AsyncClient, AsyncSweep, Client, DeadlineExceeded, Sweep
from tests.app.api.serving import sweep_body

LATE = r"within 0\.3 s"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"
WITHOUT_LENGTH = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"

Answer = Callable[[socket.socket, threading.Event], object]


def _trickles(connection: socket.socket, end: threading.Event) -> None:
    connection.sendall(HEAD)
    while not end.wait(0.02):
        connection.sendall(b"x")


def _stalls(connection: socket.socket, end: threading.Event) -> None:
    connection.sendall(HEAD + b"x")
    end.wait()


def _stalls_without_a_length(connection: socket.socket, end: threading.Event) -> None:
    connection.sendall(WITHOUT_LENGTH + b"x")
    end.wait()


def _says_nothing(_: socket.socket, end: threading.Event) -> None:
    end.wait()


@contextmanager
def _server(answer: Answer) -> Iterator[str]:
    """Serve whoever connects by this answer, until the end."""
    end = threading.Event()
    threads: list[threading.Thread] = []

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while b"\r\n\r\n" not in connection.recv(65536):
                continue
            answer(connection, end)

    def accept() -> None:
        while not end.is_set():
            connection, _ = listener.accept()
            threads.append(threading.Thread(target=serve, args=[connection]))
            threads[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepting = threading.Thread(target=accept)
        accepting.start()
        address = listener.getsockname()
        try:
            yield f"http://127.0.0.1:{address[1]}"
        finally:
            end.set()
            with socket.create_connection(address) as last:
                last.sendall(b"\r\n\r\n")
            for thread in [accepting, *threads]:
                thread.join()


@pytest.mark.parametrize("answer", [_trickles, _stalls, _stalls_without_a_length, _says_nothing])
def test_an_answer_that_does_not_end_ends_at_the_deadline(answer: Answer, tmp_path: Path) -> None:
    async def awaited(url: str) -> None:
        async with AsyncClient(url, deadline=0.3) as client:
            with pytest.raises(DeadlineExceeded, match=LATE):
                await client.backup(tmp_path / "copy.db")

    with _server(answer) as url:
        with Client(url, deadline=0.3) as client, pytest.raises(DeadlineExceeded, match=LATE):
            client.backup(tmp_path / "copy.db")
        asyncio.run(awaited(url))
    assert list(tmp_path.iterdir()) == []


def _reads_slowly(connection: socket.socket, end: threading.Event) -> None:
    while not end.wait(0.02):
        connection.recv(4096)


def test_an_upload_that_is_read_slowly_ends_at_the_deadline(tmp_path: Path) -> None:
    file = tmp_path / "large.csv"
    file.write_bytes(b"1,2\n" * (8 << 20))

    async def awaited(url: str) -> None:
        async with AsyncClient(url, deadline=0.3) as client:
            with pytest.raises(DeadlineExceeded, match=LATE):
                await client.upload(file, name="large")

    with _server(_reads_slowly) as url:
        with Client(url, deadline=0.3) as client, pytest.raises(DeadlineExceeded, match=LATE):
            client.upload(file, name="large")
        asyncio.run(awaited(url))


def test_a_wait_ends_in_time_though_a_look_has_no_answer(client: Client) -> None:
    sweep = client.sweep(sweep_body())

    def events_alone(connection: socket.socket, end: threading.Event) -> None:
        connection.sendall(WITHOUT_LENGTH + b"id: a:1\n\n")
        end.wait()

    async def awaited(url: str) -> None:
        async with AsyncClient(url) as other:
            with pytest.raises(DeadlineExceeded, match=r"has not ended within 0\.3 s"):
                await AsyncSweep(other, sweep.now).wait(0.3, progress=False)

    with _server(events_alone) as url:
        with Client(url) as other, pytest.raises(DeadlineExceeded, match=r"has not ended within 0\.3 s"):
            Sweep(other, sweep.now).wait(0.3, progress=False)
        asyncio.run(awaited(url))
