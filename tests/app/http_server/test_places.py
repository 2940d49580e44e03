"""Who gets a place where there are not enough."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx

from tests.app.api.serving import problem, start
from tests.app.http_server.raw import connect, connected, has_hung_up, request
from tests.system.processes import until

PLACES, FEEDS, OTHERS = 32, 16, 26
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
def full(client: httpx.Client, sent: bytes) -> Iterator[list[socket.socket]]:
    """Connections that take all places for requests of no special kind, each by having sent so much."""
    with ExitStack() as stack:
        found = list[socket.socket]()

        def is_full() -> bool:
            found.append(stack.enter_context(connect(client, sent)))
            return len(found) >= OTHERS and client.get("/v1/sweeps").status_code == 503

        until(is_full, "all places are taken")
        yield found


def test_room_is_kept_for_workers_and_health_checks(small: httpx.Client) -> None:
    sweep = start(small, budget={"trials": 1})["id"]
    with full(small, request("GET", f"/v1/sweeps/{sweep}?wait=20")):
        refused = small.get("/v1/sweeps")
        assert "Try again" in problem(refused, 503)["detail"]
        assert refused.headers["retry-after"] == "1"
        assert small.post("/v1/work/heartbeat", json=HEARTBEAT).status_code == 200
        assert small.get("/healthz").status_code == small.get("/readyz").status_code == 200
    until(lambda: small.post(f"/v1/sweeps/{sweep}/cancel").is_success, "there is room again")


def test_feeds_take_half_of_the_places_at_most(small: httpx.Client) -> None:
    with connected(small, FEEDS, request("GET", "/v1/events")) as feeds:
        assert all(feed.recv(12) == b"HTTP/1.1 200" for feed in feeds)
        problem(small.get("/v1/events"), 503)
        assert small.get("/v1/sweeps").status_code == 200


def test_bodies_that_stand_still_make_way_for_requests(small: httpx.Client) -> None:
    with connected(small, OTHERS + 2, STALLED):
        until(lambda: small.get("/v1/sweeps").status_code == 200, "one of them has gone", patience=20.0)
