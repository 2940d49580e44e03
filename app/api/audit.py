"""The audit log: who changed what, one line for each request of a user that changes something or tried to."""

import logging
from typing import Final, final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.access_rules import CALLER
from app.api.seen import path_sent
from app.domain.access import ANYONE, AccessKey

LOGGER: Final = "logsweep.audit"
"""The name of its logger: by it the lines are kept elsewhere, and for longer, than others."""

_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_WORKERS = "/v1/work/"
_WITHOUT_CHANGE = ("/preview", "/predict", "/evaluate", "/gradient-checks")

_log = logging.getLogger(LOGGER)
_log.setLevel(logging.INFO)  # also where LOGSWEEP_LOG_LEVEL asks for warnings alone


@final
class Audit:
    """Middleware behind the gate. What workers send is left out: attempts tell of it, worker by worker."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, and write down its answer."""
        if scope["type"] != "http" or not changes_something(scope["method"], scope["path"]):
            await self._app(scope, receive, send)
            return
        answers: list[int] = []

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                answers.append(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            came = f"was answered with {answers[0]}" if answers else "failed, and may have been done"
            _log.info("%s: %s %s %s.", _who(scope.get(CALLER, ANYONE)), scope["method"], path_sent(scope), came)


def changes_something(method: str, path: str) -> bool:
    """Return whether a request is one of the audit log."""
    harmless = method == "POST" and path.endswith(_WITHOUT_CHANGE)
    return method in _CHANGING and not path.startswith(_WORKERS) and not harmless


def _who(key: AccessKey) -> str:
    return "anyone" if key is ANYONE else f'the key "{key.name}" ({key.id})'
