"""Who gets a place where there are not enough."""

import json
import select
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import httpx

from app.domain.access import Scope
from app.services.services import Services
from tests.app.api.guarded import Guarded, bearer
from tests.app.api.serving import problem, start
from tests.app.http_server.raw import connect, connected, has_hung_up, request
from tests.system.processes import until

PLACES, READERS, CLAIMS, OTHERS = 32, 8, 16, 26
STALLED = request("POST", "/v1/sweeps", "Content-Type: application/json", "Content-Length: 100", body=b"{")
HEARTBEAT = {"worker": "w", "leases": []}


def test_those_who_were_idle_for_longest_go_for_others(small: httpx.Client) -> None:
    with connected(small, 3 * PLACES) as idle:
        assert small.get("/v1/sweeps").status_code == 200
        until(lambda: sum(map(has_hung_up, idle)) > 2 * PLACES, "all but the last have gone")
        assert not has_hung_up(idle[-1])
        idle[-1].sendall(request("GET", "/healthz"))
        assert idle[-1].recv(12) == b"HTTP/1.1 200"


def test_whoever_is_served_stays(small: httpx.Client) -> None:
    sweep = start(small, budget={"trials": 1})["id"]
    with connect(small, request("GET", f"/v1/sweeps/{sweep}?wait=20")) as waiting, connected(small, 3 * PLACES):
        small.post(f"/v1/sweeps/{sweep}/cancel").raise_for_status()
        assert waiting.recv(12) == b"HTTP/1.1 200"


@contextmanager
def full(client: httpx.Client, services: Services) -> Iterator[None]:
    """Take all places for requests of no special kind, by reads that cannot begin."""
    with ExitStack() as stack:
        stack.enter_context(services.storage._reads.held_back(0.0))  # type: ignore[attr-defined] # of SqliteStorage

        def is_full() -> bool:
            stack.enter_context(connect(client, request("GET", "/v1/sweeps")))
            return client.get("/v1/session").status_code == 503

        until(is_full, "all places are taken")
        yield


def test_room_is_kept_for_workers_and_health_checks(small: httpx.Client, services: Services) -> None:
    with full(small, services):
        refused = small.get("/v1/session")
        assert "Try again" in problem(refused, 503)["detail"]
        assert refused.headers["retry-after"] == "1"
        assert small.post("/v1/work/heartbeat", json=HEARTBEAT).status_code == 200
        assert small.get("/healthz").status_code == 200
    until(lambda: small.get("/v1/sweeps").is_success, "there is room again")


def test_readers_who_wait_take_a_quarter_of_the_places_at_most(small: httpx.Client) -> None:
    with connected(small, READERS, request("GET", "/v1/events")) as feeds:
        assert all(feed.recv(12) == b"HTTP/1.1 200" for feed in feeds)
        refused = small.get("/v1/events")
        assert "wait for news" in problem(refused, 503)["detail"]
        assert refused.headers["retry-after"] == "2"
        assert small.get("/v1/sweeps").status_code == 200


def keyed(server: Guarded, scope: Scope, path: str, body: bytes = b"") -> bytes:
    """Return a request with a key."""
    headers = [f"Authorization: Bearer {server.good[scope]}", "Content-Type: application/json"]
    return request("POST" if body else "GET", path, *headers, f"Content-Length: {len(body)}", body=body)


def claim(worker: str, wait: float) -> dict[str, object]:
    return {"worker": worker, "trainer": "other", "rules": 1, "slots": 1, "wait": wait}


def test_a_key_that_waits_as_often_as_it_can_keeps_no_other_key_out(crowded: Guarded) -> None:
    address, admin = crowded.client.base_url, bearer(crowded.good[Scope.ADMIN])
    with (
        httpx.Client(base_url=address, headers=admin, timeout=30.0) as other,
        connected(crowded.client, READERS, keyed(crowded, Scope.READ, "/v1/events")) as feeds,
        connected(crowded.client, CLAIMS + 1, keyed(crowded, Scope.WORK, "/v1/work/claim", CLAIM)) as claims,
    ):
        assert all(one.recv(12) == b"HTTP/1.1 200" for one in feeds)
        problem(crowded.client.get("/v1/events", headers=bearer(crowded.good[Scope.READ])), 503)
        until(lambda: answered(claims), "as many claims are held as may, and one is refused")
        assert [one.recv(12) for one in answered(claims)] == [b"HTTP/1.1 503"]
        with other.stream("GET", "/v1/events") as feed:
            assert feed.status_code == 200
            assert everything_of(feeds[0]).endswith(b"0\r\n\r\n")  # it was ended in order, for the other one's
            assert other.post("/v1/work/claim", json=claim("mine", 0.5)).json()["runs"] == []
            early = [one.recv(1 << 16)[:12] for one in answered(claims)]
            assert b"HTTP/1.1 200" in early  # as if its time were up
            sweep = start(other, budget={"trials": 1})["id"]
            assert other.get(f"/v1/sweeps/{sweep}", params={"wait": 0.5}).json()["state"] == "running"
            assert other.post(f"/v1/sweeps/{sweep}/cancel").is_success


def answered(connections: Sequence[socket.socket]) -> Sequence[socket.socket]:
    """Return those on which something lies that was not read."""
    return select.select(connections, [], [], 0)[0]


CLAIM = json.dumps(claim("w", 20.0)).encode()


def everything_of(feed: socket.socket) -> bytes:
    """Return what comes on a connection until the end of the answer."""
    received = b""
    while not received.endswith(b"0\r\n\r\n"):
        received += feed.recv(1 << 16) or b"0\r\n\r\n(hung up)"
    return received


def test_bodies_that_stand_still_make_way_for_requests(small: httpx.Client) -> None:
    with connected(small, OTHERS + 2, STALLED):
        until(lambda: small.get("/v1/sweeps").status_code == 200, "one of them has gone", patience=20.0)
