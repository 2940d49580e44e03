"""The fast path: what workers send all the time is answered without routing and dependency injection.

Those took longer than the work itself. What is out of the ordinary (another method, a query) goes the long way, to the
same functions.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import final

from fastapi import Request, Response
from opentelemetry.trace import Tracer
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api import problems
from app.api.access_rules import require_allowed, rule_of
from app.instruments.tracing import name_route, span
from app.services.services import Services

Endpoint = Callable[[Request, Services], Awaitable[Response]]


@final
class FastPath:
    """Middleware that calls the endpoint of a POST to one of the paths itself."""

    def __init__(self, app: ASGIApp, endpoints: Mapping[str, Endpoint], tracer: Tracer) -> None:
        self._app = app
        self._endpoints = {path: (endpoint, rule_of(endpoint)) for path, endpoint in endpoints.items()}
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or pass it on."""
        plain = scope["type"] == "http" and scope["method"] == "POST" and not scope["query_string"]
        found = self._endpoints.get(scope["path"]) if plain else None
        if found is None:
            await self._app(scope, receive, send)
            return
        (endpoint, rule), request = found, Request(scope, receive)
        scope["matched"] = scope["path"]
        name_route("POST", scope["path"])
        try:
            require_allowed(scope, rule)
            with span(self._tracer, "endpoint", endpoint):
                response = await endpoint(request, request.app.state.services)
        except problems.EXPECTED as error:
            response = await problems.answer(request, error)
        await response(scope, receive, send)
