"""Tests of methods: every address names all that it knows, and answers HEAD wherever it answers GET."""

import re
from collections.abc import Iterator, Mapping

import httpx
import pytest

from tests.app.api.serving import problem

PAGES = {path: {"get"} for path in ("/", "/docs", "/openapi.json", "/dashboard/index.html")}


@pytest.fixture(scope="module")
def known(shared: httpx.Client) -> Mapping[str, set[str]]:
    """The methods of every address, with made-up names in it, by the document."""
    operations = shared.get("/openapi.json").json()["paths"] | PAGES
    known = {path: {method.upper() for method in methods} for path, methods in operations.items()}
    addresses = {re.sub(r"\{\w+\}", "1", path) for path in known}
    return {address: _with_head(set().union(*_matching(known, address))) for address in addresses}


NAMES_TOO = frozenset({"/v1/datasets/preview"})
"""Addresses without names in them that are those of something with a name, too: a data set may be called `preview`."""


def _matching(known: Mapping[str, set[str]], address: str) -> Iterator[set[str]]:
    """Yield the methods of the path that the address is, or of each path with names in it of which it is one."""
    for path, methods in known.items():
        named = address not in known or address in NAMES_TOO
        if path == address or (named and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), address)):
            yield methods


def _with_head(methods: set[str]) -> set[str]:
    return methods | {"HEAD"} if "GET" in methods else methods


def test_options_tells_all_methods_of_every_address(shared: httpx.Client, known: Mapping[str, set[str]]) -> None:
    told = {path: shared.options(path) for path in known}
    assert {path: answer.status_code for path, answer in told.items()} == dict.fromkeys(known, 204)
    allowed = {path: set(answer.headers["allow"].split(", ")) for path, answer in told.items()}
    assert allowed == {path: methods | {"OPTIONS"} for path, methods in known.items()}


def test_a_method_that_is_not_known_is_refused_with_all_that_are(
    shared: httpx.Client, known: Mapping[str, set[str]]
) -> None:
    for path, methods in known.items():
        answer = shared.request("MKCOL", path)
        problem(answer, 405)
        assert set(answer.headers["allow"].split(", ")) == methods | {"OPTIONS"}, path


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_no_key_is_called_current_so_that_there_is_none_to_change_at_that_address(
    shared: httpx.Client, method: str
) -> None:
    refused = shared.request(method, "/v1/keys/current", json={"quotas": {}})
    problem(refused, 405)
    assert refused.headers["allow"] == "GET, HEAD, OPTIONS"
    assert (
        "There is no key" in problem(shared.request(method, "/v1/keys/currently", json={"quotas": {}}), 404)["detail"]
    )


def test_head_is_answered_as_get_is_wherever_there_is_a_get(
    shared: httpx.Client, known: Mapping[str, set[str]]
) -> None:
    for path in (path for path, methods in known.items() if "GET" in methods):
        with shared.stream("GET", path) as got:
            head = shared.head(path)
        assert (path, head.status_code) == (path, got.status_code)
        assert head.content == b""
        assert head.headers["content-type"] == got.headers["content-type"]


def test_head_of_a_feed_has_an_end_and_the_connection_goes_on(shared: httpx.Client) -> None:
    answer = shared.head("/v1/events")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert shared.get("/healthz").status_code == 200


def test_an_address_that_is_not_known_has_no_methods(shared: httpx.Client) -> None:
    problem(shared.options("/v1/nothing"), 404)
    assert shared.head("/v1/nothing").status_code == 404
