"""The dashboard logs in with a key: a cookie stands for it, and opens nothing that the key does not open."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.api.cookies import cookie_of, name_of
from app.domain.access import KeyDraft, Scope
from app.domain.errors import Unauthenticated
from app.services.clock import Clock
from app.services.sessions import Sessions
from tests.app.api.guarded import Guarded, bearer, guarded
from tests.app.api.serving import places, problem


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A server with keys, for tests that leave nothing behind."""
    with guarded(tmp_path_factory.mktemp("sessions")) as opened:
        yield opened


@pytest.fixture
def browser(server: Guarded) -> Iterator[httpx.Client]:
    """Something that keeps cookies."""
    with httpx.Client(base_url=server.client.base_url) as client:
        yield client


def test_who_logs_in_may_do_what_the_key_allows_until_logging_out(server: Guarded, browser: httpx.Client) -> None:
    assert browser.get("/v1/session").json() == {"guarded": True, "name": None, "scopes": []}
    answer = browser.post("/v1/session", json={"key": server.good[Scope.READ]})
    assert (answer.status_code, answer.content) == (204, b"")
    cookie = answer.headers["Set-Cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "lsk_" not in cookie
    assert browser.get("/v1/session").json() == {"guarded": True, "name": "read", "scopes": ["read"]}
    assert browser.get("/v1/sweeps").is_success
    problem(browser.delete("/v1/sweeps/swp_1"), 403)
    kept = dict(browser.cookies)
    assert browser.delete("/v1/session").status_code == 204
    assert not browser.cookies
    problem(browser.get("/v1/sweeps"), 401)
    problem(httpx.get(f"{server.client.base_url}/v1/sweeps", cookies=kept), 401)


def test_who_logs_in_again_leaves_no_session_open(server: Guarded, browser: httpx.Client) -> None:
    browser.post("/v1/session", json={"key": server.good[Scope.READ]}).raise_for_status()
    before = dict(browser.cookies)
    browser.post("/v1/session", json={"key": server.good[Scope.SUBMIT]}).raise_for_status()
    assert browser.get("/v1/session").json()["name"] == "submit"
    problem(httpx.get(f"{server.client.base_url}/v1/sweeps", cookies=before), 401)


def test_a_login_that_fails_leaves_the_session_as_it_is(server: Guarded, browser: httpx.Client) -> None:
    browser.post("/v1/session", json={"key": server.good[Scope.READ]}).raise_for_status()
    problem(browser.post("/v1/session", json={"key": server.bad["revoked"]}), 401)
    assert browser.get("/v1/session").json()["name"] == "read"


def test_nobody_can_have_a_large_login_read(server: Guarded) -> None:
    problem(server.client.post("/v1/session", json={"key": "x" * 1024}), 413)


@pytest.mark.parametrize(("scheme", "name"), [("http", "logsweep_8000"), ("https", "__Host-logsweep_8000")])
def test_under_tls_no_other_host_can_set_the_cookie(scheme: str, name: str) -> None:
    scope = {"type": "http", "scheme": scheme, "server": ("lab", 8000)}
    assert name_of(scope) == name
    assert cookie_of({**scope, "headers": [(b"cookie", f"{name}=secret; logsweep_8000x=other".encode())]}) == "secret"


@pytest.mark.parametrize("kind", ["of nobody", "with another secret", "revoked", "expired", "no token"])
def test_nobody_logs_in_with_a_key_that_opens_nothing(server: Guarded, browser: httpx.Client, kind: str) -> None:
    problem(browser.post("/v1/session", json={"key": server.bad[kind]}), 401)
    assert not browser.cookies


def test_a_session_does_not_survive_its_key(server: Guarded, browser: httpx.Client) -> None:
    key, token = server.services.access.create(KeyDraft("short", [Scope.READ]))
    browser.post("/v1/session", json={"key": token}).raise_for_status()
    server.services.access.revoke(key.id)
    problem(browser.get("/v1/sweeps"), 401)
    assert browser.get("/v1/session").json()["name"] is None


def test_a_foreign_page_can_do_nothing_with_the_cookie(server: Guarded, browser: httpx.Client) -> None:
    browser.post("/v1/session", json={"key": server.good[Scope.ADMIN]}).raise_for_status()
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "null"}):
        problem(browser.delete("/v1/datasets/iris", headers=headers), 403)
        problem(browser.delete("/v1/session", headers=headers), 403)


def test_a_key_in_the_header_comes_before_the_cookie(server: Guarded, browser: httpx.Client) -> None:
    browser.post("/v1/session", json={"key": server.good[Scope.READ]}).raise_for_status()
    assert browser.get("/v1/keys", headers=bearer(server.good[Scope.ADMIN])).is_success
    problem(browser.get("/v1/sweeps", headers=bearer(server.bad["revoked"])), 401)


def test_a_key_pushes_out_its_own_oldest_session_and_none_of_others(server: Guarded) -> None:
    access = server.services.access
    sessions = Sessions(access, server.services.rates, Clock(), os.urandom, most_of_key=2)
    _, ada = access.create(KeyDraft("Ada", [Scope.READ]))
    other, hers = sessions.open(server.good[Scope.READ]), [sessions.open(ada) for _ in range(4)]
    for gone in hers[:2]:
        with pytest.raises(Unauthenticated, match="not logged in any more"):
            sessions.identify(gone)
    assert [sessions.identify(one).name for one in [*hers[2:], other]] == ["Ada", "Ada", "read"]


def test_logging_in_counts_among_the_requests_of_a_key(tmp_path: Path) -> None:
    with guarded(tmp_path, requests_per_second=0.75) as server:
        answers = [server.client.post("/v1/session", json={"key": server.good[Scope.READ]}) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [204, 429]


def test_a_login_that_is_none_is_refused_with_what_is_wrong(shared: httpx.Client, browser: httpx.Client) -> None:
    assert places(browser.post("/v1/session", json={"token": "x"})) == ["/token", "/key"]
    assert "asks for no key" in problem(shared.post("/v1/session", json={"key": "x"}), 409)["detail"]
    assert shared.get("/v1/session").json() == {"guarded": False, "name": None, "scopes": []}
