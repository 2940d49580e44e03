"""The client of the work protocol on a transport in memory: what is tried again, what is final, what is checked."""

import hashlib
import time
from collections.abc import Callable

import httpx
import pytest

from app.domain.errors import Unavailable
from app.domain.uploads import PIECE
from app.domain.work import MOST_ITEMS, About, CheckpointRef, GivenBack, Lease
from app.worker.client import LONGEST_ASKED, LONGEST_PAUSE, ServerRefusedError, StoppedError, WorkClient

CONTENT = b"some content"
SHA = hashlib.sha256(CONTENT).hexdigest()
REF = CheckpointRef(3, SHA, len(CONTENT))
ABOUT = About(8, "1.0")
Handler = Callable[[httpx.Request], httpx.Response]


class Pauses:
    """Pauses that take no time; after `most` of them the worker stops."""

    def __init__(self, most: int = 1000) -> None:
        self.seconds: list[float] = []
        self._most = most

    def __call__(self, seconds: float) -> bool:
        self.seconds.append(seconds)
        return len(self.seconds) >= self._most


def client(
    handler: Handler,
    pauses: Pauses | None = None,
    chance: float = 1.0,
    clock: Callable[[], float] = time.monotonic,
) -> WorkClient:
    return WorkClient("http://server", "w", pauses or Pauses(), httpx.MockTransport(handler), lambda: chance, clock)


@pytest.mark.parametrize("address", ["localhost:8000", "ftp://localhost", "http://", "http://[::1", "http://xn--a"])
def test_what_is_no_address_of_a_server_is_refused_and_not_tried_for_ever(address: str) -> None:
    with pytest.raises(Unavailable, match=r"Name one such as http://127\.0\.0\.1:8000"):
        WorkClient(address, "w", Pauses())


def test_a_server_that_is_away_is_tried_until_it_answers_at_growing_pauses() -> None:
    answers = iter([None, 500, 503, 429, *[None] * 6, 200])
    pauses = Pauses()

    def handler(request: httpx.Request) -> httpx.Response:
        status = next(answers)
        if status is None:
            raise httpx.ReadTimeout("slow", request=request)
        return httpx.Response(status, content=CONTENT)

    assert client(handler, pauses).dataset("data", SHA) == CONTENT
    assert pauses.seconds[:4] == [0.1, 0.2, 0.4, 0.8]
    assert pauses.seconds[-1] == LONGEST_PAUSE


@pytest.mark.parametrize(("chance", "pause"), [(0.0, 0.05), (0.5, 0.075)])
def test_workers_come_back_at_different_times(chance: float, pause: float) -> None:
    pauses = Pauses(most=1)
    with pytest.raises(StoppedError):
        client(lambda _: httpx.Response(503), pauses, chance).report(b"{}")
    assert pauses.seconds == [pytest.approx(pause)]


@pytest.mark.parametrize(
    ("asked", "pause"), [("7", 7.0), ("100000", LONGEST_ASKED), ("soon", 0.1), ("Fri, 27 Nov 2026 16:00:00 GMT", 0.1)]
)
def test_a_worker_waits_as_long_as_the_server_asks_within_reason(asked: str, pause: float) -> None:
    pauses = Pauses(most=1)
    with pytest.raises(StoppedError):
        client(lambda _: httpx.Response(503, headers={"Retry-After": asked}), pauses).report(b"{}")
    assert pauses.seconds == [pause]


def test_an_upload_is_whole_at_each_try_and_names_its_length() -> None:
    body, seen = bytes(range(256)) * (PIECE // 100), list[tuple[str, bytes]]()

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append((request.headers["content-length"], request.read()))
        return httpx.Response(500 if len(seen) == 1 else 201)

    client(handler).put_artifact("0" * 64, body)
    assert seen == [(str(len(body)), body)] * 2


def test_a_refusal_is_final_and_carries_the_servers_words() -> None:
    pauses = Pauses()
    with pytest.raises(ServerRefusedError, match="far too large"):
        client(lambda _: httpx.Response(413, text="far too large"), pauses).report(b"{}")
    assert pauses.seconds == []


def test_a_stop_ends_the_waiting_for_a_server() -> None:
    with pytest.raises(StoppedError):
        client(lambda _: httpx.Response(500), Pauses(most=2)).heartbeat([Lease(0, 1)], ABOUT)


def test_a_worker_in_a_hurry_leaves_a_large_upload() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        request.read()
        return httpx.Response(201)

    now = iter([0.0, 100.0, 101.0, 200.0])
    hurried = client(handler, clock=lambda: next(now))
    hurried.hurry(10.0)
    with pytest.raises(StoppedError, match="no time left"):
        hurried.put_artifact("0" * 64, bytes(2 * PIECE))


def test_content_with_another_hash_is_refused_as_a_data_set_and_does_without_as_a_checkpoint() -> None:
    other = client(lambda _: httpx.Response(200, content=b"something else"))
    with pytest.raises(ServerRefusedError, match="not the one"):
        other.dataset("data", SHA)
    assert other.checkpoint(REF) is None
    assert client(lambda _: httpx.Response(404)).checkpoint(REF) is None
    assert client(lambda _: httpx.Response(200, content=CONTENT)).checkpoint(REF) == CONTENT


@pytest.mark.parametrize(("answer", "kept"), [(b"", True), (b'{"kept": true}', True), (b'{"kept": false}', False)])
def test_a_cache_may_leave_a_checkpoint(answer: bytes, kept: bool) -> None:
    assert client(lambda _: httpx.Response(200, content=answer)).put_checkpoint(REF, [memoryview(CONTENT)]) is kept


def test_leases_go_in_requests_of_a_bounded_number_and_an_end_without_any_is_told_too() -> None:
    asked: list[int] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.read().count(b'"fence"'))
        return httpx.Response(200, content=b'{"items": []}')

    worker = client(handler)
    worker.heartbeat([Lease(run, 1) for run in range(MOST_ITEMS + 1)], ABOUT)
    worker.release([GivenBack(Lease(run, 1)) for run in range(MOST_ITEMS + 1)])
    worker.release([])
    assert asked == [MOST_ITEMS, 1, MOST_ITEMS, 1, 0]


@pytest.mark.parametrize("status", [401, 403, 409, 422])
def test_a_refusal_is_the_sentence_of_the_server_and_no_document(status: int) -> None:
    problem = {"title": "no", "status": status, "detail": "Upgrade it.", "errors": [], "request_id": "r"}
    with pytest.raises(ServerRefusedError) as refused:
        client(lambda _: httpx.Response(status, json=problem)).heartbeat([Lease(1, 1)], ABOUT)
    assert refused.value.detail == "Upgrade it."


def test_why_a_server_cannot_answer_is_logged_as_its_sentence(caplog: pytest.LogCaptureFixture) -> None:
    full = httpx.Response(507, json={"detail": "There is no room.", "errors": []})
    with pytest.raises(StoppedError):
        client(lambda _: full, Pauses(most=1)).heartbeat([Lease(1, 1)], ABOUT)
    assert [record.getMessage() for record in caplog.records] == [
        "The server could not answer /v1/work/heartbeat. There is no room."
    ]
