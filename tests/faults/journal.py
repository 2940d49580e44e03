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
        passed_on = asyncio.Event()
        answering = asyncio.ensure_future(self._answer(request, body, passed_on))
        leaving = asyncio.ensure_future(receive())  # after the body, the next message tells that the client left
        if await _first(answering, leaving):
            await answering.result()(scope, receive, send)
        # Not before it has a connection: asyncio leaves the socket open of one whose making is cancelled.
        elif not await _first(answering, asyncio.ensure_future(passed_on.wait())):
            answering.cancel()  # the server hears of it: the claim of a worker that died must not be granted

    async def _answer(self, request: Request, body: bytes, passed_on: asyncio.Event) -> Response:
        async def heed(step: str, _: object) -> None:
            if step.endswith("send_request_body.complete"):
                passed_on.set()

        sent = time.time()
        headers = {name: value for name, value in request.headers.items() if name not in _HOP}
        url = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        client: httpx.AsyncClient = request.app.state.client
        try:
            answer = await client.request(
                request.method, url, content=body, headers=headers, extensions={"trace": heed}
            )
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


async def _first(answering: "asyncio.Future[Response]", other: "asyncio.Future[Any]") -> bool:
    """Return whether the answer is there before something else is, of which nothing is heard any more then."""
    await asyncio.wait({answering, other}, return_when=asyncio.FIRST_COMPLETED)
    other.cancel()
    return answering.done()


def _json(content: bytes) -> Any:
    """Return JSON that has come; None for anything else, such as weights."""
    try:
        return json.loads(content)
    except ValueError:
        return None
