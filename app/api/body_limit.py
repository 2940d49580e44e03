"""How large the body of a request may be; a larger one is refused before it is held in memory."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send


@final
class BodyLimit:
    """Middleware that counts the bytes of a body: `usual` at most, or another limit where its path matches a pattern.

    The error is raised where the route reads the body, so that it is answered like every other.
    """

    def __init__(self, app: ASGIApp, usual: int, others: Mapping[str, int]) -> None:
        self._app = app
        self._usual = usual
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with a body that ends in an error beyond the limit."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._limit(scope["path"])
        declared = Headers(scope=scope).get("content-length", "")
        received = int(declared) if declared.isdigit() and int(declared) > limit else 0

        async def counting() -> Message:
            nonlocal received
            if received > limit:
                raise _too_large(limit)
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise _too_large(limit)
            return message

        await self._app(scope, counting, send)

    def _limit(self, path: str) -> int:
        return next((limit for pattern, limit in self._others.items() if fnmatchcase(path, pattern)), self._usual)


def _too_large(limit: int) -> HTTPException:
    return HTTPException(413, f"The body is larger than the {limit:,} bytes that this route takes.")
