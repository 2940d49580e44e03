"""How large the body of a request may be, and all bodies together: more is refused before it is held in memory."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import final

from python_multipart.multipart import parse_options_header
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.access_rules import key_of
from app.api.room import Body, Room
from app.api.whole_forms import requiring_end
from app.domain.errors import Unavailable

BODY = "logsweep.body"
"""Where the scope of a request has its body, if it brings one."""

MEMORY = "logsweep.memory"
"""Where it has the room in which that body is held."""

WORK = "/v1/work/"

LONGEST_CONTENT_TYPE = 1000
"""Characters: the parser takes a third of a second for thirty thousand of them."""


@dataclass(frozen=True, slots=True)
class Most:
    """The most bytes of a body, and how many are `held` in memory at a time; of a `form` where that is otherwise."""

    size: int
    form: "Most | None" = None
    held: int | None = None


@dataclass(frozen=True, slots=True)
class Rooms:
    """The memory for the bodies of workers, and that for all others."""

    workers: Room
    others: Room


@final
class BodyLimit:
    """Middleware that counts the bytes of a body: `usual` at most, or another limit where its path matches a pattern.

    All that are held at the same time need room: those of workers in one, all others in another, so that neither keeps
    the others out. The errors are raised where the route reads the body, so that they are answered like every other.
    """

    def __init__(
        self,
        app: ASGIApp,
        usual: Most,
        others: Mapping[str, Most],
        parts: int,
        rooms: Rooms,
        clock: Callable[[], float],
    ) -> None:
        """Pass requests on to an application; `parts` are the most that a form has."""
        self._app = app
        self._usual = usual
        self._others = others
        self._parts = parts
        self._rooms = rooms
        self._clock = clock
        self._most_of = lru_cache(maxsize=128)(self._found)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with a body that ends in an error beyond the limit."""
        announced, delimiter = _announced(scope) if scope["type"] == "http" else (0, b"")
        if not announced:
            await self._app(scope, receive, send)
            return
        memory = scope[MEMORY] = self._rooms.workers if scope["path"].startswith(WORK) else self._rooms.others
        body = scope[BODY] = Body(key_of(scope), clock=self._clock)
        most = self._most_of(scope["path"])
        most = most.form or most if delimiter else most
        bound = _Bound(most.size, most.held, announced, delimiter, self._parts)
        counting = _counting(receive, body, memory, bound)
        try:
            await self._app(scope, requiring_end(counting, delimiter) if delimiter else counting, send)
        finally:
            memory.leave(body)

    def _found(self, path: str) -> Most:
        return next((most for pattern, most in self._others.items() if fnmatchcase(path, pattern)), self._usual)


def parsed(request: Request, keeps: int) -> None:
    """Let the bytes of a body go that has been parsed, so that its request can wait: it keeps so many of them.

    Raises Unavailable if these are more than were counted, and there is no room for them.
    """
    if hasattr(request, "_body"):
        request._body = b""  # Starlette keeps it for as long as the request, and has no other way
    if (body := request.scope.get(BODY)) is not None:
        memory: Room = request.scope[MEMORY]
        _hold(memory, body, keeps)


@dataclass(frozen=True, slots=True)
class _Bound:
    """The most bytes of a body, how many of them are held, and how many were announced.

    The `delimiter` of a form stands before each of its `parts` but the first, and at its end.
    """

    limit: int
    held: int | None
    announced: float
    delimiter: bytes
    parts: int


@final
class _Parts:
    """Counts the parts of a form by what stands between them, also where that came in two pieces or more."""

    def __init__(self, delimiter: bytes, most: int) -> None:
        self._delimiter = delimiter
        self._most = most
        self._found = 0
        self._tail = b""
        """The end of what came, in which a delimiter may begin; it has none, and no two of them overlap."""

    def take(self, piece: bytes) -> None:
        """Count those that end in the next piece. Raises HTTPException 413 for a form with more than it may have."""
        longest = len(self._delimiter) - 1
        self._found += (self._tail + piece[:longest]).count(self._delimiter) + piece.count(self._delimiter)
        self._tail = (self._tail + piece[-longest:])[-longest:]
        if self._found > self._most:
            told = f"The form has more than {self._most:,} fields and files. Leave out what is not needed."
            raise HTTPException(413, told)


def _counting(receive: Receive, body: Body, memory: Room, bound: _Bound) -> Receive:
    """Return what receives a body within its bound, and is watched from its second message on, as most have one.

    One that is worked on as it comes is watched from the first: it has a thread.
    """
    too_large, whole = bound.limit < bound.announced < math.inf, False
    parts = _Parts(bound.delimiter, bound.parts)

    async def counting() -> Message:
        nonlocal whole
        if too_large or body.received > bound.limit:
            raise _too_large(bound.limit)
        if whole:  # and then nothing comes but that the client hung up
            return await receive()
        watched = bound.held is not None or body.received > 0
        message = await (body.next(receive) if watched else receive())
        body.received += len(message.get("body", b""))
        whole = not message.get("more_body", False)
        if bound.delimiter:  # before a parser makes something of each: it holds up the event loop
            parts.take(message.get("body", b""))
        if body.received > bound.limit:
            raise _too_large(bound.limit)
        _hold(memory, body, body.received if bound.held is None else min(body.received, bound.held))
        return message

    return counting


def _hold(memory: Room, body: Body, much: int) -> None:
    if not memory.hold(body, much):
        raise Unavailable("The server holds as many requests in its memory as it can bear. Try again later.")


def _announced(scope: Scope) -> tuple[float, bytes]:
    """Return how many bytes a body is said to have, which are infinitely many in chunks, and the delimiter of a form.

    That is empty for what is no form.
    """
    size, kind = 0.0, None
    for name, value in scope["headers"]:
        if name == b"content-length":
            size = max(size, int(value) if value.isdigit() else 0)
        elif name == b"transfer-encoding":
            size = math.inf
        elif name == b"content-type" and kind is None:  # of several the first one, as which routes read the body
            kind = value
    return size, _delimiter(kind)


def _delimiter(content_type: bytes | None) -> bytes:
    if content_type is None or len(content_type) > LONGEST_CONTENT_TYPE:  # of which routes tell
        return b""
    kind, options = parse_options_header(content_type)
    return b"\r\n--" + options.get(b"boundary", b"") if kind == b"multipart/form-data" else b""


def _too_large(limit: int) -> HTTPException:
    return HTTPException(413, f"The body is larger than the {limit:,} bytes that this route takes.")
