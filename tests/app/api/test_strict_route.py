"""Tests of query parameters that a route does not know."""

import httpx
import pytest
from fastapi.routing import APIRoute

from app.api import analysis, datasets, gradient_checks, health, models, sweeps, trials, work
from app.api.strict_route import StrictRoute
from tests.app.api.serving import places, problem, start

ROUTERS = (analysis, datasets, gradient_checks, health, models, sweeps, trials, work)
READING = [
    "/healthz",
    "/readyz",
    "/v1/datasets",
    "/v1/datasets/iris",
    "/v1/datasets/iris/content",
    "/v1/sweeps",
    "/v1/sweeps/swp_1",
    "/v1/sweeps/swp_1/best",
    "/v1/sweeps/swp_1/analysis",
    "/v1/sweeps/swp_1/trials",
    "/v1/sweeps/swp_1/trials/0",
    "/v1/sweeps/swp_1/trials/0/curve",
    "/v1/sweeps/swp_1/trials/0/diagnosis",
    "/v1/sweeps/swp_1/trials/0/model",
]
WRITING = [
    ("POST", "/v1/sweeps"),
    ("POST", "/v1/sweeps/swp_1/cancel"),
    ("POST", "/v1/sweeps/swp_1/trials/0/predict"),
    ("POST", "/v1/datasets"),
    ("DELETE", "/v1/datasets/iris"),
    ("POST", "/v1/gradient-checks"),
    ("POST", "/v1/work/claim"),
]


def test_every_route_is_strict() -> None:
    routes = [route for module in ROUTERS for route in module.router.routes]
    assert routes
    assert all(isinstance(route, StrictRoute) for route in routes if isinstance(route, APIRoute))


@pytest.mark.parametrize("path", READING)
def test_an_unknown_query_parameter_is_refused_where_something_is_read(shared: httpx.Client, path: str) -> None:
    assert places(shared.get(path, params={"limits": 3})) == ["/limits"]


@pytest.mark.parametrize(("method", "path"), WRITING)
def test_an_unknown_query_parameter_is_refused_where_something_is_changed(
    shared: httpx.Client, method: str, path: str
) -> None:
    assert places(shared.request(method, path, params={"force": 1})) == ["/force"]


def test_the_refusal_names_a_close_parameter(shared: httpx.Client) -> None:
    found = problem(shared.get("/v1/sweeps", params={"limits": 3}), 422)
    assert found["detail"] == 'There is no query parameter "limits" here. Did you mean "limit"?'


def test_it_comes_with_all_other_faults_of_the_query(client: httpx.Client) -> None:
    sweep = start(client)["id"]
    address = f"/v1/sweeps/{sweep}/trials"
    assert places(client.get(address, params={"q": 1, "sort": "dev_eror", "where": "x=1"})) == [
        "/q",
        "/where/0",
        "/sort",
    ]
    assert places(client.get(address, params={"q": 1, "limit": 0})) == ["/q", "/limit"]


def test_a_parameter_that_takes_one_value_is_refused_when_it_comes_twice(client: httpx.Client) -> None:
    address = f"/v1/sweeps/{start(client)['id']}/trials"
    assert places(client.get(address, params={"sort": ["number", "-number"]})) == ["/sort"]
    assert client.get(address, params={"state": ["queued", "running"], "where": ["number>1", "number<3"]}).is_success


def test_thousands_of_unknown_parameters_get_a_short_answer(shared: httpx.Client) -> None:
    answer = shared.get("/v1/sweeps?" + "&".join(f"q{number}=1" for number in range(2_000)))
    found = problem(answer, 422)
    assert len(found["errors"]) == 101
    assert found["errors"][-1] == {"pointer": "", "detail": "There are 1,900 more faults."}
    assert len(answer.content) < 30_000
