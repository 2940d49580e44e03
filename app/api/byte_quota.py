"""How much an upload may bring for an access key: more than it may store is refused while it comes."""

from typing import final

from fastapi.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.access_rules import caller_of
from app.domain.access import AccessKey
from app.domain.quotas import Quotas, Usage, require_within

_UPLOADS = ("POST", "/v1/datasets")


@final
class ByteQuota:
    """Middleware behind the gate that counts the bytes of an upload together with those that its key stores.

    The error is raised where the route reads the body, so that it is answered like every other. What is stored in the
    end may have another size than what came: that is counted where it is stored.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass an upload on, with a body that ends in an error beyond the quota, and any other request as it is."""
        uploads = scope["type"] == "http" and (scope["method"], scope["path"]) == _UPLOADS
        if uploads and (key := caller_of(scope)).quotas.bytes is not None:
            (used,) = await run_in_threadpool(scope["app"].state.services.access.usages, [key])
            receive = _Counting(receive, key, used)
        await self._app(scope, receive, send)


@final
class _Counting:
    """The body of an upload, counted as it comes."""

    def __init__(self, receive: Receive, key: AccessKey, used: Usage) -> None:
        self._receive = receive
        self._key = key
        self._used = used
        self._received = 0

    async def __call__(self) -> Message:
        message = await self._receive()
        self._received += len(message.get("body", b""))
        come = Usage(bytes=self._used.bytes + self._received)
        require_within(self._key.name, Quotas(bytes=self._key.quotas.bytes), self._used, come)
        return message
