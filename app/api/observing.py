"""Every request is watched: it has an id, its answer is counted and timed by its route, and a slow one is logged."""

import logging
import re
from collections.abc import Callable, MutableMapping
from time import perf_counter
from typing import Any, Final, final

from fastapi import Request
from opentelemetry.trace import get_current_span
from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api import problems
from app.api.seen import Seen, path_sent
from app.instruments.meters import Meters
from app.logs.context import bound

HEADER: Final = "X-Request-ID"
_RAW_HEADER = HEADER.lower().encode()

SLOW = 1.0
"""Seconds after which a request is slow: more than this was ours, and neither sending nor a wait that was asked for."""

_SAFE = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
NO_ROUTE = "none"

_log = logging.getLogger(__name__)


@final
class Observing:
    """The outermost middleware: what fails within is logged and answered here, so that it has an id and counts too."""

    def __init__(self, app: ASGIApp, meters: Callable[[], Meters], new_id: Callable[[], str]) -> None:
        self._app = app
        self._meters = meters
        self._new_id = new_id
        self._known: dict[tuple[str, str, int | None], tuple[Counter, Histogram]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request within its id."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        seen = Seen(_sent_id(scope) or self._new_id(), perf_counter())
        scope.setdefault("state", {})["seen"] = seen
        get_current_span().set_attribute("logsweep.request_id", seen.id)
        with bound(request=seen.id):
            await self._answered(scope, seen, _timed(receive, seen), self._counted(scope, send, seen))

    async def _answered(self, scope: Scope, seen: Seen, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Exception as error:
            if seen.status is not None:
                raise  # half an answer is out: the server has to break it off
            response = await problems.failed(Request(scope), error)
            await response(scope, receive, send)

    def _counted(self, scope: Scope, send: Send, seen: Seen) -> Send:
        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen.status = message["status"]
                message["headers"] = [*message.get("headers", ()), (_RAW_HEADER, seen.id.encode())]
                self._count(scope, seen, perf_counter() - seen.began_at - seen.waited)
            await send(message)

        return counting

    def _count(self, scope: Scope, seen: Seen, seconds: float) -> None:
        route, method = route_of(scope), scope["method"] if scope["method"] in _METHODS else "other"
        requests, request_seconds = self._meters_of(route, method, seen.status)
        requests.inc()
        request_seconds.observe(max(seconds, 0.0))
        level = logging.WARNING if seconds > SLOW else logging.DEBUG
        if _log.isEnabledFor(level):
            _log.log(level, "%s %s was answered with %s in %.3f s.", method, path_sent(scope), seen.status, seconds)

    def _meters_of(self, route: str, method: str, status: int | None) -> tuple[Counter, Histogram]:
        """Return what counts and what times such requests; to find it by its labels takes longer than to count."""
        key = route, method, status
        if (known := self._known.get(key)) is None:
            meters = self._meters()
            known = meters.requests.labels(*key), meters.request_seconds.labels(route, method)
            self._known[key] = known
        return known


def route_of(scope: MutableMapping[str, Any]) -> str:
    """Return the template of a request's route, as in `/v1/sweeps/{sweep}`; so the label has few values."""
    return str(scope.get("matched") or getattr(scope.get("route"), "path", NO_ROUTE))


def _sent_id(scope: Scope) -> str | None:
    """Return the id that a client chose, if it is of a form that is safe in headers and logs."""
    sent = next((value for name, value in scope["headers"] if name == _RAW_HEADER), b"")
    return sent.decode() if _SAFE.fullmatch(sent) else None


def _timed(receive: Receive, seen: Seen) -> Receive:
    arrives = True

    async def timing() -> Message:
        nonlocal arrives
        asked_at = perf_counter()
        message = await receive()
        if arrives:  # after that only the client's leaving is waited for, by another task meanwhile
            seen.waited += perf_counter() - asked_at
        arrives = arrives and bool(message.get("more_body"))
        return message

    return timing
