"""The work protocol over HTTP, as a client sees it; it waits out a server that is away."""

import hashlib
import io
import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from secrets import token_hex
from typing import Any, TypeVar

import httpx
from pydantic import TypeAdapter

from app.contract.rules import CURRENT_RULES
from app.domain.errors import LogsweepError, Unavailable
from app.domain.problems import told
from app.domain.uploads import PIECE
from app.domain.work import (
    MOST_ITEMS,
    OWN_TRAINER,
    About,
    CheckpointRef,
    ClaimAnswer,
    ClaimRequest,
    DecisionsAnswer,
    FinishAnswer,
    GivenBack,
    HeartbeatRequest,
    Lease,
    ReleaseRequest,
)
from app.logs.context import bound

Answer = TypeVar("Answer")

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
"""Seconds between two tries while the server is away, at most: doubled each time."""

LONGEST_ASKED = 60.0
"""Seconds that a worker waits at most if an answer asks for them."""

_KINDS = (ClaimRequest, HeartbeatRequest, ReleaseRequest, ClaimAnswer, DecisionsAnswer, FinishAnswer)
_JSON_OF: dict[type, TypeAdapter[Any]] = {kind: TypeAdapter(kind) for kind in _KINDS}

_TRY_AGAIN = frozenset({408, 425, 429})
"""Refusals that pass."""

_OF_KEYS = frozenset({401, 403})

_log = logging.getLogger(__name__)


class StoppedError(LogsweepError):
    """The worker is stopping, so a request was given up."""


class ServerRefusedError(LogsweepError):
    """The server refused a request for good."""


class KeyRefusedError(ServerRefusedError):
    """The worker has no access key, or one that does not let it work."""


class WorkClient:
    """Speaks for one worker. Every request may be sent twice: fences, hashes and receipts make that harmless.

    `pause(seconds)` waits before the next try and returns whether the worker is stopping; then nothing is tried again.
    `chance` draws from 0 to 1. Raises Unavailable for a `server` that is no address of HTTP.
    """

    def __init__(
        self,
        server: str,
        worker: str,
        pause: Callable[[float], bool],
        transport: httpx.BaseTransport | None = None,
        chance: Callable[[], float] = random.random,
        clock: Callable[[], float] = time.monotonic,
        key: str | None = None,
    ) -> None:
        self._worker = worker
        self._pause = pause
        self._chance = chance
        self._clock = clock
        # A claim may wait 20 s at the server.
        self._http = httpx.Client(
            base_url=_address(server),
            headers={} if key is None else {"Authorization": f"Bearer {key}"},
            timeout=httpx.Timeout(60.0, connect=5.0),
            transport=transport,
        )
        self._ends_at = float("inf")
        self._answered_at = clock()

    def silent_seconds(self) -> float:
        """Return for how long the server has not answered: since the client was made, at most."""
        return self._clock() - self._answered_at

    def close(self) -> None:
        """Close the connections; requests under way fail."""
        self._http.close()

    def hurry(self, seconds: float) -> None:
        """Give each request only so many seconds from now on, and all uploads together."""
        self._http.timeout = httpx.Timeout(seconds, connect=min(seconds, 5.0))
        self._ends_at = self._clock() + seconds

    def claim(self, slots: int, cohorts: Sequence[str], wait: float, about: About) -> ClaimAnswer:
        """Ask for up to `slots` runs; wait up to `wait` seconds for the first."""
        wanted = list(cohorts)[:MOST_ITEMS]
        request = ClaimRequest(self._worker, OWN_TRAINER, CURRENT_RULES, slots, wanted, wait, about)
        return self._post("claim", _dump(request), ClaimAnswer)

    def heartbeat(self, leases: Sequence[Lease], about: About) -> DecisionsAnswer:
        """Keep leases alive."""
        answers = [
            self._post("heartbeat", _dump(HeartbeatRequest(self._worker, part, about)), DecisionsAnswer)
            for part in _parts(leases)
        ]
        return DecisionsAnswer([one for answer in answers for one in answer.items])

    def report(self, body: bytes) -> DecisionsAnswer:
        """Send new epochs: an encoded ReportRequest."""
        return self._post("report", body, DecisionsAnswer)

    def finish(self, body: bytes) -> FinishAnswer:
        """Send results, and new epochs of other runs with them: an encoded FinishRequest."""
        return self._post("finish", body, FinishAnswer)

    def release(self, items: Sequence[GivenBack]) -> None:
        """Give leases back; without any, tell the server that this worker is about to end."""
        for part in _parts(items) or [[]]:
            self._post("release", _dump(ReleaseRequest(self._worker, part)), DecisionsAnswer)

    def put_artifact(self, sha256: str, content: bytes) -> None:
        """Store the weights of a model."""
        self._put(f"/v1/work/artifacts/{sha256}", [memoryview(content)])

    def post_artifacts(self, contents: Sequence[bytes]) -> None:
        """Store the weights of several small models together."""
        sizes = "&".join(f"size={len(content)}" for content in contents)
        self._send("POST", f"/v1/work/artifacts?{sizes}", lambda: b"".join(contents), _RAW)

    def put_checkpoint(self, ref: CheckpointRef, pieces: Sequence[memoryview]) -> bool:
        """Hand in a checkpoint; return whether the server's cache kept it."""
        answer = self._put(f"/v1/work/checkpoints/{ref.sha256}", pieces)
        return bool(_KEPT.validate_json(answer or b"{}").get("kept", True))

    def checkpoint(self, ref: CheckpointRef) -> bytes | None:
        """Fetch a checkpoint; None if the server has it no more."""
        try:
            content = self._send("GET", f"/v1/work/checkpoints/{ref.sha256}", None, {})
        except ServerRefusedError as error:
            _log.info("A checkpoint could not be fetched: %s", error.detail)
            return None
        if hashlib.sha256(content).hexdigest() != ref.sha256:
            _log.warning("The checkpoint %s came with other bytes than its hash says.", ref.sha256)
            return None
        return content

    def dataset(self, name: str, sha256: str) -> bytes:
        """Fetch the prepared content of a data set that a run was made for, and check that it is."""
        content = self._send("GET", f"/v1/datasets/{name}/content?sha256={sha256}", None, {})
        if hashlib.sha256(content).hexdigest() != sha256:
            raise ServerRefusedError(f'The data set "{name}" is not the one this trial was made for ({sha256}).')
        return content

    def _post(self, route: str, body: bytes, answer: type[Answer]) -> Answer:
        received: Answer = _JSON_OF[answer].validate_json(self._send("POST", f"/v1/work/{route}", lambda: body, _JSON))
        return received

    def _put(self, path: str, pieces: Sequence[memoryview]) -> bytes:
        size = sum(piece.nbytes for piece in pieces)
        return self._send("PUT", path, lambda: self._cut(pieces), {**_RAW, "Content-Length": str(size)})

    def _send(
        self, method: str, path: str, body: Callable[[], bytes | Iterator[bytes]] | None, headers: Mapping[str, str]
    ) -> bytes:
        """Send until the server answers, and return the answer; a refusal (4xx) is final, all else is tried again.

        All tries have one request id, which the logs of both sides name.
        """
        with bound(request=(number := token_hex(8))):
            return self._sent(method, path, body, {**headers, "X-Request-ID": number})

    def _sent(
        self, method: str, path: str, body: Callable[[], bytes | Iterator[bytes]] | None, headers: Mapping[str, str]
    ) -> bytes:
        pause = FIRST_PAUSE
        while True:
            content = None if body is None else body()
            try:
                with self._http.stream(method, path, content=content, headers=headers) as response:
                    if response.status_code < 500 and response.status_code not in _TRY_AGAIN:
                        self._answered_at = self._clock()
                        _log.debug("%s %s was answered with %s.", method, path, response.status_code)
                        return _accepted(response)
                    asked = _asked(response)
                    _log.warning(
                        "The server could not answer %s. %s", path, told(response.status_code, response.read())
                    )
            except httpx.TransportError as error:
                _log.warning("The server is away (%s); trying again in %.1f s.", error, pause)
                asked = 0.0
            # By chance, so that many workers of a server that was away do not come back at the same moment.
            if self._pause(max(asked, pause * (0.5 + 0.5 * self._chance()))):
                raise StoppedError("The worker is stopping.")
            pause = min(2.0 * pause, LONGEST_PAUSE)

    def _cut(self, pieces: Sequence[memoryview]) -> Iterator[bytes]:
        """Yield a body bit by bit, as long as there is time: a large one must not hold up the end."""
        for piece in pieces:
            for start in range(0, piece.nbytes, PIECE):
                if self._clock() > self._ends_at:
                    raise StoppedError("The worker is stopping, and there is no time left for a large request.")
                yield bytes(piece[start : start + PIECE])


_JSON = {"Content-Type": "application/json"}
_RAW = {"Content-Type": "application/octet-stream"}
_KEPT = TypeAdapter(dict[str, Any])


def _dump(request: object) -> bytes:
    return _JSON_OF[type(request)].dump_json(request)


def _parts(items: Sequence[Any]) -> list[list[Any]]:
    return [list(items[start : start + MOST_ITEMS]) for start in range(0, len(items), MOST_ITEMS)]


def _asked(response: httpx.Response) -> float:
    """Return the seconds that our server asks to wait; it has no dates there."""
    text = response.headers.get("Retry-After", "")
    return min(float(text), LONGEST_ASKED) if text.isdecimal() else 0.0


def _accepted(response: httpx.Response) -> bytes:
    """Return the content of an answer, gathered in one place: a list of pieces would hold it twice in the end."""
    if response.is_success:
        buffer = io.BytesIO()
        for piece in response.iter_bytes():
            buffer.write(piece)
        return buffer.getvalue()
    response.read()
    kind = KeyRefusedError if response.status_code in _OF_KEYS else ServerRefusedError
    raise kind(told(response.status_code, response.content))


def _address(server: str) -> httpx.URL:
    """Return the address of a server: one that nothing can be sent to would be tried for ever."""
    way = "Name one such as http://127.0.0.1:8000: --server, or LOGSWEEP_SERVER"
    try:
        address = httpx.URL(server)
        sound = address.scheme in {"http", "https"} and address.host
    except (httpx.InvalidURL, ValueError) as error:  # the latter of names in Punycode that are none
        raise Unavailable(f"The address {server[:200]!r} of the server cannot be read: {error}. {way}.") from None
    if not sound:
        raise Unavailable(f"The address {server[:200]!r} of the server does not begin with http:// and a host. {way}.")
    return address
