"""A client of HTTP/1.1 that does next to nothing: what drives a server hard must not be what is measured."""

import asyncio
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import msgspec


class PlainClient:
    """One connection that stays open, for one request after another; answers are JSON with their length."""

    def __init__(self, address: str) -> None:
        self._host = urlsplit(address).netloc
        self._ends: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def __aenter__(self) -> Self:
        """Connect."""
        host, _, port = self._host.rpartition(":")
        self._ends = await asyncio.open_connection(host, int(port))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up."""
        if self._ends is not None:
            self._ends[1].close()

    async def ask(self, path: str, body: object = None) -> tuple[int, Any]:
        """Return the status and the JSON of a GET, or with a body of a POST. Raises OSError if the server hangs up."""
        assert self._ends is not None
        reader, writer = self._ends
        content = b"" if body is None else msgspec.json.encode(body)
        head = f"{'GET' if body is None else 'POST'} {path} HTTP/1.1\r\nHost: {self._host}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        writer.write(head.encode() + content)
        status, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines if line)
        answer = await reader.readexactly(int(headers["content-length"]))
        return int(status.split()[1]), msgspec.json.decode(answer)
