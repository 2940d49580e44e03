"""The work protocol over HTTP, as a client sees it; it waits out a server that is away."""

import hashlib
import io
import logging
import threading
from collections.abc import Sequence
from typing import Any, TypeVar

import httpx
from pydantic import TypeAdapter

from app.domain.errors import LogsweepError
from app.domain.work import (
    ClaimAnswer,
    ClaimRequest,
    DecisionsAnswer,
    FinishAnswer,
    FinishRequest,
    HeartbeatRequest,
    Lease,
    Progress,
    ReportRequest,
    Result,
)

Answer = TypeVar("Answer")

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
"""Seconds between two tries while the server is away: doubled each time."""

_Request = ClaimRequest | FinishRequest | HeartbeatRequest | ReportRequest

_KINDS = (ClaimRequest, FinishRequest, HeartbeatRequest, ReportRequest, ClaimAnswer, DecisionsAnswer, FinishAnswer)
_JSON_OF: dict[type, TypeAdapter[Any]] = {kind: TypeAdapter(kind) for kind in _KINDS}

_log = logging.getLogger(__name__)


class StoppedError(LogsweepError):
    """The worker is stopping, so a request was given up."""


class ServerRefusedError(LogsweepError):
    """The server refused a request for good."""


class WorkClient:
    """Speaks for one worker. Every request may be sent twice: fences and receipts make that harmless."""

    def __init__(self, server: str, worker: str, stopping: threading.Event) -> None:
        self._worker = worker
        self._stopping = stopping
        # A claim may wait 20 s at the server.
        self._http = httpx.Client(base_url=server, timeout=httpx.Timeout(60.0, connect=5.0))

    def close(self) -> None:
        """Close the connections; requests under way fail."""
        self._http.close()

    def claim(self, slots: int, cohorts: Sequence[str], wait: float) -> ClaimAnswer:
        """Ask for up to `slots` segments; wait up to `wait` seconds for the first."""
        request = ClaimRequest(self._worker, slots, list(cohorts), wait)
        return self._post("claim", request, ClaimAnswer)

    def heartbeat(self, leases: Sequence[Lease]) -> DecisionsAnswer:
        """Keep leases alive."""
        request = HeartbeatRequest(self._worker, list(leases))
        return self._post("heartbeat", request, DecisionsAnswer)

    def report(self, items: Sequence[Progress]) -> DecisionsAnswer:
        """Send new epochs."""
        return self._post("report", ReportRequest(self._worker, list(items)), DecisionsAnswer)

    def finish(self, items: Sequence[Result], progress: Sequence[Progress]) -> FinishAnswer:
        """Send results, and new epochs of other trials with them."""
        return self._post("finish", FinishRequest(self._worker, list(items), list(progress)), FinishAnswer)

    def release(self, leases: Sequence[Lease]) -> None:
        """Give leases back untouched; tried once, for they run out by themselves."""
        request = HeartbeatRequest(self._worker, list(leases))
        body = _JSON_OF[type(request)].dump_json(request)
        self._http.post("/v1/work/release", content=body, headers=_JSON, timeout=5.0).raise_for_status()

    def dataset(self, name: str, sha256: str) -> bytes:
        """Fetch the prepared content of a data set that a segment was made for, and check that it is."""
        content = self._send("GET", f"/v1/datasets/{name}/content?sha256={sha256}", None)
        if hashlib.sha256(content).hexdigest() != sha256:
            raise ServerRefusedError(f'The data set "{name}" is not the one this trial was made for ({sha256}).')
        return content

    def _post(self, route: str, request: _Request, answer: type[Answer]) -> Answer:
        body = _JSON_OF[type(request)].dump_json(request)
        received: Answer = _JSON_OF[answer].validate_json(self._send("POST", f"/v1/work/{route}", body))
        return received

    def _send(self, method: str, path: str, body: bytes | None) -> bytes:
        """Send until the server answers, and return the answer; a refusal (4xx) is final, all else is tried again."""
        pause = FIRST_PAUSE
        while True:
            try:
                with self._http.stream(method, path, content=body, headers=_JSON) as response:
                    if response.status_code < 500:
                        return _accepted(response)
                _log.warning("The server answered %s with %s.", path, response.status_code)
            except httpx.TransportError as error:
                _log.warning("The server is away (%s); trying again in %.1f s.", error, pause)
            if self._stopping.wait(pause):
                raise StoppedError("The worker is stopping.")
            pause = min(2.0 * pause, LONGEST_PAUSE)


_JSON = {"Content-Type": "application/json"}


def _accepted(response: httpx.Response) -> bytes:
    """Return the content of an answer, gathered in one place: a list of pieces would hold it twice in the end."""
    if response.is_success:
        buffer = io.BytesIO()
        for piece in response.iter_bytes():
            buffer.write(piece)
        return buffer.getvalue()
    response.read()
    raise ServerRefusedError(f"The server refused {response.request.url}: {response.text}")
