"""The fast path: what workers send all the time is answered without routing and dependency injection.

Those took longer than the work itself. What is out of the ordinary (another method, a query) goes the long way, to the
same functions.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import final

from fastapi import Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api import problems
from app.services.services import Services

Endpoint = Callable[[Request, Services], Awaitable[Response]]


@final
class FastPath:
    """Middleware that calls the endpoint of a POST to one of the paths itself."""

    def __init__(self, app: ASGIApp, endpoints: Mapping[str, Endpoint]) -> None:
        self._app = app
        self._endpoints = endpoints

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or pass it on."""
        plain = scope["type"] == "http" and scope["method"] == "POST" and not scope["query_string"]
        endpoint = self._endpoints.get(scope["path"]) if plain else None
        if endpoint is None:
            await self._app(scope, receive, send)
            return
        scope["matched"] = scope["path"]
        request = Request(scope, receive)
        try:
            response = await endpoint(request, request.app.state.services)
        except problems.EXPECTED as error:
            response = await problems.answer(request, error)
        await response(scope, receive, send)
