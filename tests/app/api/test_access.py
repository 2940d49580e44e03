"""Nobody gets in where they do not belong: every route with every kind of key, and the tricks that go around routes."""

import http.client
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from fastapi import APIRouter
from starlette.routing import BaseRoute, Mount
from starlette.routing import Route as PlainRoute

from app.api.access_rules import rule_of
from app.api.gate import OPEN_PATHS, is_open
from app.api.strict_route import StrictRoute
from app.dashboard import site
from app.domain.access import AccessKey, KeyDraft, Scope
from tests.app.api.guarded import Guarded, Route, application, bearer, guarded, routes
from tests.app.api.serving import Trainer, finished, problem, start, sweep_body

ROUTES = routes()
WITHOUT_RULES = {"/", "/docs", "/openapi.json", "/dashboard"}
"""What is no operation: pages, their files, and the document, which any key opens."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A server with keys, for tests that leave nothing behind."""
    with guarded(tmp_path_factory.mktemp("guarded")) as opened:
        yield opened


def asked(server: Guarded, route: Route, headers: dict[str, str]) -> httpx.Response:
    """Return the answer of a route; of a feed its beginning."""
    with server.client.stream(route.method, route.address, headers=headers) as answer:
        if answer.headers.get("content-type", "").startswith("application/problem"):
            answer.read()
        return answer


def allowed(scope: Scope, route: Route) -> bool:
    return AccessKey("", "", [scope], created_at=None).allows(route.any_of)  # type: ignore[arg-type] # it matters not


@pytest.mark.parametrize("route", [route for route in ROUTES if route.any_of], ids=str)
def test_a_route_opens_for_its_scopes_alone(server: Guarded, route: Route) -> None:
    for headers in ({}, *(bearer(token) for token in server.bad.values())):
        answer = asked(server, route, headers)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.status_code == 401
    for scope, token in server.good.items():
        answer = asked(server, route, bearer(token))
        if allowed(scope, route):
            assert answer.status_code not in {401, 403, 500}
        else:
            assert answer.status_code == 403
            if route.method != "HEAD":
                assert str(route.any_of[0]) in problem(answer, 403)["detail"]


@pytest.mark.parametrize("route", [route for route in ROUTES if not route.any_of], ids=str)
def test_a_route_for_everyone_needs_no_key(server: Guarded, route: Route) -> None:
    for headers in ({}, bearer(server.bad["revoked"])):
        assert asked(server, route, headers).status_code not in {401, 403, 500}


def test_the_routes_for_everyone_are_those_that_the_gate_lets_through() -> None:
    of_the_api = {route.address for route in ROUTES if not route.any_of}
    assert of_the_api <= OPEN_PATHS
    assert OPEN_PATHS - of_the_api == {"/", "/docs"}
    assert not [route for route in ROUTES if route.any_of and is_open(route.address)]


def test_every_route_has_a_rule() -> None:
    app = application()
    site.install(app)
    assert {_path(route) for route in app.routes if not isinstance(route, StrictRoute)} == WITHOUT_RULES
    assert all(rule_of(route.endpoint) for route in app.routes if isinstance(route, StrictRoute))


def _path(route: BaseRoute) -> str:
    assert isinstance(route, PlainRoute | Mount)
    return route.path


def test_a_route_without_a_rule_cannot_be_made() -> None:
    def forgotten() -> None:
        """Do something."""

    with pytest.raises(TypeError, match="forgotten has no access rule"):
        APIRouter(route_class=StrictRoute).get("/forgotten")(forgotten)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "TRACE", "get", "PROPFIND"])
@pytest.mark.parametrize(
    "target",
    [
        "/v1/sweeps/",
        "//v1/sweeps",
        "/V1/sweeps",
        "/v1/./sweeps",
        "/healthz/../v1/sweeps",
        "/dashboard/../v1/sweeps",
        "/dashboard/%2e%2e/v1/sweeps",
        "/dashboard/..%2fv1/sweeps",
        "/v1/work/claim",
        "/v1/work/claim?x=1",
        "/openapi.json",
        "/none",
    ],
)
def test_no_way_of_writing_an_address_leads_around_the_gate(server: Guarded, method: str, target: str) -> None:
    address = server.client.base_url
    with closing(http.client.HTTPConnection(address.host, address.port or 0, timeout=10)) as connection:
        connection.request(method, target)
        status = connection.getresponse().status
    assert status in {400, 401, 404, 405} | ({204} if method == "OPTIONS" and is_open(target) else set())


@pytest.mark.parametrize(
    "headers",
    [
        [("Authorization", "Basic bHNrXzox")],
        [("Authorization", "lsk_1")],
        [("Authorization", "Bearer")],
        [("Authorization", "Bearer {good}"), ("Authorization", "Bearer {good}")],
        [("Cookie", "key={good}")],
        [("X-API-Key", "{good}")],
    ],
)
def test_a_key_is_taken_from_its_one_place_alone(server: Guarded, headers: list[tuple[str, str]]) -> None:
    filled = [(name, value.format(good=server.good[Scope.ADMIN])) for name, value in headers]
    problem(server.client.get("/v1/sweeps", headers=filled), 401)
    problem(server.client.get("/v1/sweeps", params={"key": server.good[Scope.ADMIN]}), 401)


def test_the_name_of_the_scheme_may_be_written_in_any_letters(server: Guarded) -> None:
    assert server.client.get("/v1/sweeps", headers={"Authorization": f"bearer {server.good[Scope.READ]}"}).is_success


def test_no_answer_has_the_secret_of_a_key(server: Guarded) -> None:
    token = server.good[Scope.ADMIN]
    secret = token.rpartition("_")[2]
    for path in ("/v1/keys", "/openapi.json", "/v1/none", "/v1/sweeps?limit=x"):
        assert secret not in server.client.get(path, headers=bearer(token)).text
    assert secret not in server.client.get("/v1/keys", headers=bearer(token[:-1])).text


def test_the_document_names_the_scope_of_every_operation(server: Guarded) -> None:
    document = server.client.get("/openapi.json", headers=bearer(server.good[Scope.READ])).json()
    assert document["components"]["securitySchemes"]["accessKey"]["scheme"] == "bearer"
    backup, health = document["paths"]["/v1/backup"]["post"], document["paths"]["/healthz"]["get"]
    assert backup["security"] == [{"accessKey": ["admin"]}]
    assert "`admin`" in backup["description"]
    assert health["security"] == []
    assert "no key" in health["description"]


def test_the_first_key_closes_an_open_server_at_once(client: httpx.Client) -> None:
    with client.stream("GET", "/v1/events") as feed:
        pieces = feed.iter_raw()
        next(pieces)
        made = client.post("/v1/keys", json={"name": "mine", "scopes": ["admin"]}).json()
        problem(client.get("/v1/sweeps"), 401)
        headers = bearer(made["token"])
        sweep = client.post("/v1/sweeps", json=sweep_body(), headers=headers).json()["id"]
        assert list(pieces) == []  # the feed of one who had no key ends, and tells nothing more
    assert client.get(f"/v1/sweeps/{sweep}", headers=headers).is_success
    assert client.delete(f"/v1/keys/{made['id']}", headers=headers).status_code == 204
    assert "is revoked" in problem(client.get("/v1/sweeps", headers=headers), 401)["detail"]


def test_a_lease_belongs_to_the_key_that_claimed(server: Guarded) -> None:
    made = server.services.access
    first, second = (made.create(_worker_key(name))[1] for name in ("first", "second"))
    submit = server.good[Scope.SUBMIT]
    with httpx.Client(base_url=server.client.base_url, headers=bearer(submit)) as submitting:
        sweep = start(submitting)["id"]
        with (
            httpx.Client(base_url=server.client.base_url, headers=bearer(first)) as mine,
            httpx.Client(base_url=server.client.base_url, headers=bearer(second)) as other,
        ):
            (lease,) = Trainer(mine, "w").leases()
            for route, body in (
                ("claim", {"trainer": "logsweep", "rules": 3, "slots": 1}),
                ("heartbeat", {"leases": [lease]}),
                ("report", {"items": []}),
                ("finish", {"items": [finished(lease, 0.5)]}),
                ("release", {"items": [{"lease": lease}]}),
            ):
                refused = other.post(f"/v1/work/{route}", json={"worker": "w", **body})
                assert "belongs to another access key" in problem(refused, 403)["detail"]
            receipts = Trainer(mine, "w").finish(finished(lease, 0.5))["items"]
            assert [one["outcome"] for one in receipts] == ["recorded"]
        submitting.post(f"/v1/sweeps/{sweep}/cancel")


def _worker_key(name: str) -> KeyDraft:
    return KeyDraft(name, [Scope.WORK])


def test_a_key_that_asks_too_often_is_told_when_to_ask_again_and_others_are_not_held_up(tmp_path: Path) -> None:
    with guarded(tmp_path, requests_per_second=0.01) as server:
        tokens = server.good[Scope.READ], server.good[Scope.ADMIN]
        refused = [server.client.get("/v1/sweeps", headers=bearer(token)) for token in tokens]
        for answer in refused:
            assert "LOGSWEEP_REQUESTS_PER_SECOND" in problem(answer, 429)["detail"]
            assert answer.headers["Retry-After"] == "1"
        assert server.client.get("/healthz").status_code == 200
