"""How large the body of a request may be, and all bodies together: more is refused before it is held in memory."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import final

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.access_rules import key_of
from app.api.room import Body, Room
from app.domain.errors import Unavailable

BODY = "logsweep.body"
"""Where the scope of a request has its body, if it brings one."""

SMALL = 1 << 16
"""Bytes of a body that is not worth watching: it takes no more than a connection does."""

WORK = "/v1/work/"


@dataclass(frozen=True, slots=True)
class Most:
    """The most bytes of a body, of a `form` if that may be larger, and how many are `held` in memory at a time."""

    size: int
    form: int = 0
    held: int | None = None


@final
class BodyLimit:
    """Middleware that counts the bytes of a body: `usual` at most, or another limit where its path matches a pattern.

    All that are held at the same time need room in the `memory`. The errors are raised where the route reads the body,
    so that they are answered like every other.
    """

    def __init__(
        self, app: ASGIApp, usual: Most, others: Mapping[str, Most], memory: Room, clock: Callable[[], float]
    ) -> None:
        self._app = app
        self._usual = usual
        self._others = others
        self._memory = memory
        self._clock = clock
        self._most_of = lru_cache(maxsize=128)(self._found)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with a body that ends in an error beyond the limit."""
        announced, is_form = _announced(scope) if scope["type"] == "http" else (0, False)
        if not announced:
            await self._app(scope, receive, send)
            return
        key, for_work = key_of(scope), scope["path"].startswith(WORK)
        body = scope[BODY] = Body(key, for_work=for_work, clock=self._clock)
        try:
            await self._app(scope, self._counting(scope["path"], receive, body, announced, is_form=is_form), send)
        finally:
            self._memory.leave(body)

    def _counting(self, path: str, receive: Receive, body: Body, announced: float, *, is_form: bool) -> Receive:
        most = self._most_of(path)
        limit = max(most.size, most.form) if is_form else most.size
        watched = most.held is not None or announced > SMALL
        received, whole = announced if limit < announced < math.inf else 0, False

        async def counting() -> Message:
            nonlocal received, whole
            if received > limit:
                raise _too_large(limit)
            message = await (body.next(receive) if watched and not whole else receive())
            received += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if received > limit:
                raise _too_large(limit)
            if not self._memory.hold(body, int(received if most.held is None else min(received, most.held))):
                raise Unavailable("The server holds as many requests in its memory as it can bear. Try again later.")
            return message

        return counting

    def _found(self, path: str) -> Most:
        return next((most for pattern, most in self._others.items() if fnmatchcase(path, pattern)), self._usual)


def _announced(scope: Scope) -> tuple[float, bool]:
    """Return how many bytes a body is said to have, which are infinitely many in chunks, and whether it is a form."""
    size, is_form = 0.0, False
    for name, value in scope["headers"]:
        if name == b"content-length":
            size = max(size, int(value) if value.isdigit() else 0)
        elif name == b"transfer-encoding":
            size = math.inf
        elif name == b"content-type":
            is_form = value.partition(b";")[0].strip().lower() == b"multipart/form-data"
    return size, is_form


def _too_large(limit: int) -> HTTPException:
    return HTTPException(413, f"The body is larger than the {limit:,} bytes that this route takes.")
