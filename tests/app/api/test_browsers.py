"""Foreign pages move nothing: unknown hosts and foreign origins are refused on loopback too, with or without keys."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from app.api.browsers import name_in
from app.api.security_headers import SECURITY_HEADERS
from tests.app.api.serving import problem, serving, sweep_body


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a server that has a name, and lets the pages of another site ask."""
    settings: dict[str, Any] = {"hosts": ("sweeps.example.org",), "origins": ("https://lab.example.org",)}
    with serving(tmp_path_factory.mktemp("named"), **settings) as (client, _):
        yield client


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:9", "[::1]:8000", "sweeps.example.org:443"]
)
def test_known_hosts_are_answered_on_any_port(named: httpx.Client, host: str) -> None:
    assert named.get("/readyz", headers={"Host": host}).is_success


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "evil.example:8000",
        "127.0.0.1.nip.io",
        "10.0.0.1",
        "[::2]",
        "localhost.",
        "",
        "sweeps.example.org.evil.example",
    ],
)
@pytest.mark.parametrize("path", ["/", "/healthz", "/v1/sweeps", "/dashboard/icon.svg"])
def test_an_unknown_host_is_refused_everywhere(shared: httpx.Client, host: str, path: str) -> None:
    problem(shared.get(path, headers={"Host": host}), 421)


@pytest.mark.parametrize(
    ("host", "name"), [(b"a:1", "a"), (b"A", "a"), (b"[::1]:8", "::1"), (b"[::1", "::1"), (b"\xff", "ÿ"), (b"", "")]
)
def test_the_name_in_a_host_has_no_port(host: bytes, name: str) -> None:
    assert name_in(host) == name


FOREIGN = [
    {"Origin": "null"},
    {"Origin": "https://evil.example"},
    {"Origin": "http://localhost:1"},
    {"Origin": ""},
]


@pytest.mark.parametrize("headers", [*FOREIGN, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}])
@pytest.mark.parametrize(
    "body",
    [{"json": sweep_body()}, {"data": {"name": "x"}}, {"content": "{}", "headers": {"Content-Type": "text/plain"}}],
    ids=["json", "form", "text"],
)
def test_a_page_of_another_site_changes_nothing(
    shared: httpx.Client, headers: dict[str, str], body: dict[str, object]
) -> None:
    before = shared.get("/v1/sweeps").json()
    sent = {**body, "headers": {**body.get("headers", {}), **headers}}  # type: ignore[dict-item] # headers are some
    for method, path in (("POST", "/v1/sweeps"), ("POST", "/v1/datasets"), ("POST", "/v1/work/claim")):
        problem(shared.request(method, path, **sent), 403)  # type: ignore[arg-type] # as httpx takes them
    problem(shared.delete("/v1/datasets/iris", headers=headers), 403)
    assert shared.get("/v1/sweeps").json() == before


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_page_of_another_site_reads_no_events(shared: httpx.Client, headers: dict[str, str]) -> None:
    problem(shared.get("/v1/events", headers=headers), 403)


def test_our_own_pages_and_programs_may_ask(shared: httpx.Client) -> None:
    own = f"http://{shared.base_url.netloc.decode()}"
    for headers in ({}, {"Origin": own, "Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}):
        assert shared.post("/v1/spaces/preview", json=sweep_body(), headers=headers).is_success


def test_a_link_on_another_page_leads_to_the_dashboard(shared: httpx.Client) -> None:
    assert shared.get("/", headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}).is_success


def test_pages_of_another_origin_may_ask_where_it_is_set_but_never_with_cookies(named: httpx.Client) -> None:
    origin = {"Origin": "https://lab.example.org"}
    preflight = {**origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    for answer in (named.get("/v1/sweeps", headers=origin), named.options("/v1/sweeps", headers=preflight)):
        assert answer.headers["Access-Control-Allow-Origin"] == origin["Origin"]
        assert "Access-Control-Allow-Credentials" not in answer.headers
    problem(named.get("/v1/sweeps", headers={"Origin": "https://other.example.org"}), 403)


def test_nothing_is_said_to_other_origins_unless_it_is_set(shared: httpx.Client) -> None:
    answers = [shared.get("/v1/sweeps"), shared.options("/v1/sweeps", headers={"Access-Control-Request-Method": "GET"})]
    assert not [name for answer in answers for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/v1/sweeps", "no-store"),
        ("/v1/session", "no-store"),
        ("/v1/sweeps/none", "no-store"),
        ("/metrics", "no-store"),
        ("/", "no-cache"),
        ("/dashboard/icon.svg", "no-cache"),
    ],
)
def test_nobody_keeps_an_answer_unless_it_is_a_page(shared: httpx.Client, path: str, said: str) -> None:
    assert shared.get(path).headers.get_list("Cache-Control") == [said]


@pytest.mark.parametrize(
    "path", ["/", "/docs", "/dashboard/icon.svg", "/healthz", "/v1/sweeps", "/none", "/openapi.json"]
)
def test_every_answer_keeps_browsers_apart(shared: httpx.Client, path: str) -> None:
    answer = shared.get(path)
    for name, value in SECURITY_HEADERS.items():
        assert answer.headers.get_list(name) == [value]
