"""Tests of bodies that break rules of JSON or of HTTP: always a problem of the 400s, never a server error."""

import json
from typing import Any

import httpx
import pytest

from tests.app.api.serving import finished, problem, sweep_body

JSON_ROUTES = [
    "/v1/sweeps",
    "/v1/work/claim",
    "/v1/work/heartbeat",
    "/v1/work/report",
    "/v1/work/finish",
    "/v1/work/release",
    "/v1/gradient-checks",
]
LEASE = {"run": 1, "fence": 1}
SOUND: dict[str, Any] = {
    "/v1/sweeps": sweep_body(),
    "/v1/work/claim": {"worker": "w", "trainer": "t", "rules": 1, "slots": 1},
    "/v1/work/heartbeat": {"worker": "w", "leases": [LEASE]},
    "/v1/work/report": {"worker": "w", "items": [{"lease": LEASE, "epochs": []}]},
    "/v1/work/finish": {"worker": "w", "items": [finished(LEASE, 0.5)]},
    "/v1/work/release": {"worker": "w", "items": [{"lease": LEASE}]},
    "/v1/gradient-checks": {"dataset": "iris", "fixed": {"hidden_units": [3], "l2": 0.1}, "seed": 0, "steps": 1},
}
HOSTILE = {
    "empty": b"",
    "not JSON": b"{",
    "two values": b"{} {}",
    "NaN": b'{"worker": "w", "slots": NaN, "seed": NaN}',
    "Infinity": b'{"slots": Infinity}',
    "-Infinity": b'{"slots": -Infinity}',
    "overflow": b'{"wait": 1e999}',
    "duplicate names": b'{"worker": "a", "worker": "b"}',
    "nested duplicates": b'{"space": {"l2": 1, "l2": 2}}',
    "lone surrogate": b'{"worker": "\\ud800", "name": "\\udfff"}',
    "lone surrogate in a name": b'{"\\ud800": 1}',
    "NUL": b'{"worker": "a\\u0000b"}',
    "NUL in a name": b'{"a\\u0000b": 1}',
    "raw control character": b'{"worker": "a\x01"}',
    "not UTF-8": b'{"worker": "\xff\xfe"}',
    "UTF-16": '{"worker": "w"}'.encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf{}",
    "deep arrays": b"[" * 100_000,
    "deep but closed": b"[" * 500 + b"]" * 500,
    "deep objects": b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    "endless digits": b'{"slots": ' + b"9" * 10_000 + b"}",
    "comment": b'{"a": 1} // no',
    "single quotes": b"{'a': 1}",
}
WRONG_KINDS = [b"null", b"[]", b'"text"', b"7", b"true", b"{}", b"[[]]"]


def post(client: httpx.Client, route: str, body: bytes) -> httpx.Response:
    return client.post(route, content=body, headers={"content-type": "application/json"})


@pytest.mark.parametrize("route", JSON_ROUTES)
@pytest.mark.parametrize("name", HOSTILE)
def test_malformed_json_is_a_bad_request(shared: httpx.Client, route: str, name: str) -> None:
    problem(post(shared, route, HOSTILE[name]), 400)


@pytest.mark.parametrize("route", JSON_ROUTES)
@pytest.mark.parametrize("body", WRONG_KINDS)
def test_json_of_another_kind_is_refused_with_faults(shared: httpx.Client, route: str, body: bytes) -> None:
    assert problem(post(shared, route, body), 422)["errors"]


@pytest.mark.parametrize("route", JSON_ROUTES)
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/json5", ""])
def test_another_content_type_is_refused(shared: httpx.Client, route: str, kind: str) -> None:
    body = json.dumps(SOUND[route])
    problem(shared.post(route, content=body, headers={"content-type": kind}), 415)


@pytest.mark.parametrize("route", JSON_ROUTES[1:])
def test_a_content_type_may_have_parameters(shared: httpx.Client, route: str) -> None:
    kind = {"content-type": "Application/JSON; charset=utf-8"}
    assert shared.post(route, content=json.dumps(SOUND[route]), headers=kind).status_code == 200


def test_a_body_beyond_the_limit_is_refused_by_its_length(shared: httpx.Client) -> None:
    problem(post(shared, "/v1/sweeps", b" " * (1 << 20) + b"{}"), 413)


def test_a_body_beyond_the_limit_is_refused_while_it_streams(shared: httpx.Client) -> None:
    chunks = (b" " * 65_536 for _ in range(32))
    answer = shared.post("/v1/sweeps", content=chunks, headers={"content-type": "application/json"})
    problem(answer, 413)


def changed(body: Any, path: list[Any], value: object) -> Any:
    copy = json.loads(json.dumps(body))
    inner = copy
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return copy


def every_path(body: Any) -> list[list[Any]]:
    """Return the way to every value in a body."""
    if isinstance(body, dict):
        inner: list[Any] = list(body.items())
    else:
        inner = list(enumerate(body)) if isinstance(body, list) else []
    return [[name, *rest] for name, value in inner for rest in [[], *every_path(value)]]


MUTANTS: list[Any] = [
    None, True, 0, -1, 2**63, -(2**63), 10**400, 1.5, -0.0, 1e308, 5e-324, "", "x" * 5_000, "e\u0301☂\U0001f4a5",
    [], [[]], {}, {"kind": {}}, {"": ""},
]  # fmt: skip  # one list of strange values


@pytest.mark.parametrize("route", JSON_ROUTES)
def test_no_strange_value_in_any_place_is_a_server_error(shared: httpx.Client, route: str) -> None:
    for path in every_path(SOUND[route]):
        for value in MUTANTS:
            answer = shared.post(route, json=changed(SOUND[route], path, value))
            assert answer.status_code < 500, (path, value, answer.text)
            if answer.status_code == 201:
                shared.post(f"/v1/sweeps/{answer.json()['id']}/cancel").raise_for_status()
            elif answer.status_code != 200:
                assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path",
    [
        "/v1/sweeps/{}",
        "/v1/sweeps/{}/trials",
        "/v1/sweeps/{}/trials/0",
        "/v1/sweeps/{}/trials/0/curve",
        "/v1/sweeps/{}/trials/0/model",
        "/v1/sweeps/{}/best",
        "/v1/datasets/{}",
        "/v1/datasets/{}/content",
    ],
)
@pytest.mark.parametrize("name", ["nothing", "%00", "%ff", "%F0%9F%92%A5", "a'b\"c", "..%2f..", "x" * 2_000])
def test_strange_names_in_paths_are_not_found(shared: httpx.Client, path: str, name: str) -> None:
    problem(shared.get(path.format(name)), 404)


def test_unknown_addresses_and_methods_are_problems(shared: httpx.Client) -> None:
    problem(shared.get("/v2/sweeps"), 404)
    answer = shared.put("/v1/sweeps")
    problem(answer, 405)
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"
