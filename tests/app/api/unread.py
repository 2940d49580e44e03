"""A request to an application in this process whose client is there, and takes nothing of its answer."""

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import FastAPI

Message = MutableMapping[str, Any]


@asynccontextmanager
async def unread(app: FastAPI, request: httpx.Request) -> AsyncIterator[None]:
    """Send a request; go on once its answer would begin, and let its client take it at the end."""
    begun, end, sent = asyncio.Event(), asyncio.Event(), list[Message]()

    async def receive() -> Message:
        if not sent:
            sent.append({"type": "http.request", "body": request.read(), "more_body": False})
            return sent[0]
        await end.wait()
        return {"type": "http.disconnect"}

    async def send(_: Message) -> None:
        begun.set()
        await end.wait()

    answering = asyncio.ensure_future(app(_scope(request), receive, send))
    try:
        await asyncio.wait_for(begun.wait(), 30.0)
        yield
    finally:
        end.set()
        await answering


def _scope(request: httpx.Request) -> Message:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": request.url.path,
        "raw_path": request.url.raw_path,
        "query_string": b"",
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
