"""A proxy between clients and a server that writes down each request and answer, as they crossed the wire."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from threading import Thread
from typing import Any, TextIO

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]
_HOP = {"connection", "transfer-encoding", "content-length", "content-encoding", "host", "keep-alive"}


@contextmanager
def journalling(server: str, file: Path) -> Iterator[str]:
    """Yield the address of a proxy of `server`; answers 502 while that is away, as nobody knows what it did."""
    with file.open("a") as out, socket.create_server(("127.0.0.1", 0)) as listener:
        app = Starlette(routes=[Route("/{path:path}", _Forward(out), methods=_METHODS)], lifespan=_client(server))
        proxy = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1))
        thread = Thread(target=proxy.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            proxy.should_exit = True
            thread.join()


def _client(server: str) -> Any:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        limits = httpx.Limits(max_connections=500, max_keepalive_connections=100)
        async with httpx.AsyncClient(base_url=server, timeout=60.0, limits=limits) as client:
            app.state.client = client
            yield

    return lifespan


class _Forward:
    """Sends a request on, and writes it down with its answer before anybody else sees that."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        try:
            body = await request.body()
        except ClientDisconnect:
            return  # it died in the middle of its request, of which the server has heard nothing
        answering = asyncio.ensure_future(self._answer(request, body))
        leaving = asyncio.ensure_future(receive())  # after the body, the next message tells that the client left
        await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
        leaving.cancel()
        if answering.done():
            await answering.result()(scope, receive, send)
        else:
            answering.cancel()  # the server hears of it: the claim of a worker that died must not be granted

    async def _answer(self, request: Request, body: bytes) -> Response:
        sent = time.time()
        headers = {name: value for name, value in request.headers.items() if name not in _HOP}
        url = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        client: httpx.AsyncClient = request.app.state.client
        try:
            answer = await client.request(request.method, url, content=body, headers=headers)
        except httpx.TransportError as error:
            return Response(str(error), 502)
        self._write(request, sent, _json(body), answer)
        kept = {name: value for name, value in answer.headers.items() if name not in _HOP}
        return Response(answer.content, answer.status_code, kept)

    def _write(self, request: Request, sent: float, asked: Any, answer: httpx.Response) -> None:
        entry = {"sent": sent, "answered": time.time(), "method": request.method, "path": request.url.path}
        told = _json(answer.content) if request.method != "GET" else None
        self._out.write(json.dumps({**entry, "asked": asked, "status": answer.status_code, "answer": told}) + "\n")
        self._out.flush()


def _json(content: bytes) -> Any:
    """Return JSON that has come; None for anything else, such as weights."""
    try:
        return json.loads(content)
    except ValueError:
        return None
