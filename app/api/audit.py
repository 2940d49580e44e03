"""The audit log: who changed what, one line for each request of a user that changes something or tried to."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final, final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.access_rules import CALLER
from app.api.seen import path_sent
from app.domain.access import ANYONE, AccessKey

LOGGER: Final = "logsweep.audit"
"""The name of its logger: by it the lines are kept elsewhere, and for longer, than others."""

PAUSE = 1.0
"""Seconds from line to line of those who have no key: a login that is refused is one, and costs nothing to try."""

_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_WORKERS = "/v1/work/"
_WITHOUT_CHANGE = ("/preview", "/predict", "/evaluate", "/gradient-checks")

_log = logging.getLogger(LOGGER)
_log.setLevel(logging.INFO)  # also where LOGSWEEP_LOG_LEVEL asks for warnings alone


@final
class Audit:
    """Middleware behind the gate. What workers send is left out: attempts tell of it, worker by worker."""

    def __init__(self, app: ASGIApp, pause: float = PAUSE) -> None:
        self._app = app
        self._pause = pause
        self._pausing = False
        self._nobody = 0
        self._last: _Change | None = None
        """How many came without a key since such were told, and the last of them."""

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
            self._tell(scope, _Change(scope["method"], path_sent(scope), answers[0] if answers else None))

    def _tell(self, scope: Scope, what: "_Change") -> None:
        """Write a line; what came without a key, which may come without end, has one a second, and is counted."""
        if CALLER in scope:
            key = scope[CALLER]
            _log.info("%s: %s.", _who(key), what, extra=what.fields(None if key is ANYONE else key.id))
            return
        self._nobody, self._last = self._nobody + 1, what
        if not self._pausing:
            self._tell_nobody()

    def _tell_nobody(self) -> None:
        """Tell of what came without a key since the last time, and look again after a pause, until nothing came."""
        self._pausing = self._nobody > 0
        if self._last is not None and self._pausing:
            times = f", the last of {self._nobody:,} such requests" if self._nobody > 1 else ""
            _log.info("without a key: %s%s.", self._last, times, extra=self._last.fields(None))
            self._nobody = 0
            asyncio.get_running_loop().call_later(self._pause, self._tell_nobody)


@dataclass(frozen=True, slots=True)
class _Change:
    """A request that changes something, and the status of its answer, if there was one."""

    method: str
    path: str
    status: int | None

    def __str__(self) -> str:
        came = "failed, and may have been done" if self.status is None else f"was answered with {self.status}"
        return f"{self.method} {self.path} {came}"

    def fields(self, key: str | None) -> Mapping[str, str | int | None]:
        """Return what a log for programs has beside the sentence; without a key no field of that name."""
        return {**({} if key is None else {"key": key}), **asdict(self)}


def changes_something(method: str, path: str) -> bool:
    """Return whether a request is one of the audit log."""
    harmless = method == "POST" and path.endswith(_WITHOUT_CHANGE)
    return method in _CHANGING and not path.startswith(_WORKERS) and not harmless


def _who(key: AccessKey) -> str:
    return "anyone" if key is ANYONE else f'the key "{key.name}" ({key.id})'
