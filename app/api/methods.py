"""Which methods an address knows: OPTIONS and refusals of others list them all, and HEAD works wherever GET does."""

from collections.abc import Iterable
from typing import final

from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send


def allowed(scope: Scope) -> str:
    """Return the methods that the address of a request knows, for the header Allow; an empty text if there is none."""
    known = set(_known(scope))
    if "GET" in known:
        known.add("HEAD")
    return ", ".join(sorted(known | {"OPTIONS"})) if known else ""


@final
class Methods:
    """Middleware that answers OPTIONS, and HEAD by what GET would answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or pass it on."""
        method = scope["method"] if scope["type"] == "http" else ""
        if method == "OPTIONS" and (methods := allowed(scope)):
            await Response(status_code=204, headers={"Allow": methods})(scope, receive, send)
        elif method == "HEAD" and "HEAD" not in (known := set(_known(scope))) and "GET" in known:
            asked = {**scope, "method": "GET"}
            await self._app(asked, receive, _HeadAlone(scope, asked, send))
        else:
            await self._app(scope, receive, send)


def _known(scope: Scope) -> Iterable[str]:
    """Yield the methods of all routes that match the path; what is mounted has files."""
    routes: Iterable[BaseRoute] = scope["app"].routes
    # As it came: what is mounted is given a scope in which the front of the path belongs to the root.
    whole = {**scope, "root_path": scope.get("app_root_path", scope.get("root_path", ""))}
    for route in routes:
        if route.matches(whole)[0] is not Match.NONE:
            yield from getattr(route, "methods", None) or ("GET", "HEAD")


@final
class _HeadAlone:
    """Sends the head of an answer and ends it, however much would follow: a feed would have no end."""

    def __init__(self, scope: Scope, asked: Scope, send: Send) -> None:
        self._scope, self._asked = scope, asked
        self._send = send
        self._sent = False

    async def __call__(self, message: Message) -> None:
        if self._sent or message["type"] != "http.response.start":
            return
        self._sent = True
        self._scope["route"] = self._asked.get("route")  # whoever counts requests by their routes looks there
        await self._send(message)
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})
