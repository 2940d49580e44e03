"""The operations of the client are those of the API, and its records have the fields of the answers."""

import re
from typing import Any

import httpx
import pytest

from logsweep import Client
from logsweep.answers import Answer
from logsweep.calls import Call
from logsweep.operations import datasets, keys, models, service, sweeps
from logsweep.requests import Changes, SweepRequest, UploadFields

ROUTES_LEFT_OUT = ("/v1/work/",)
"""What foreign trainers speak, by themselves."""

CALLS: list[Call[Any]] = [
    service.health(),
    service.readiness(),
    service.scrape(),
    service.workers(),
    service.hyperparameters(),
    service.metrics(),
    service.check_gradient({}),
    service.backup("copy.db"),
    keys.create("laptop", ["read"]),
    keys.page(),
    keys.change("K", quotas={"trials": 100}),
    keys.current(),
    keys.revoke("K"),
    datasets.upload("flowers.csv", name="flowers"),
    datasets.preview("flowers.csv"),
    datasets.page(),
    datasets.show("flowers"),
    datasets.delete("flowers"),
    datasets.prepared("flowers"),
    sweeps.create({}),
    sweeps.preview({}),
    sweeps.page(),
    sweeps.show("S"),
    sweeps.change("S", name="other"),
    sweeps.delete("S"),
    sweeps.pause("S"),
    sweeps.resume("S"),
    sweeps.cancel("S"),
    sweeps.retrain("S"),
    sweeps.refine("S", name="next", budget={"trials": 8}),
    sweeps.models("S"),
    sweeps.best("S"),
    sweeps.decisions("S"),
    sweeps.why("S"),
    sweeps.trials("S"),
    sweeps.trial("S", 1),
    sweeps.curve("S", 1),
    sweeps.attempts("S", 1),
    sweeps.diagnosis("S", 1),
    sweeps.enqueue("S", []),
    sweeps.analysis("S"),
    sweeps.leaderboard("S"),
    sweeps.export("S", "trials.csv", where="value<1"),
    sweeps.export("S", "answers.csv", of="predictions", trial=1, part="test"),
    sweeps.progress_chart("S", by="epochs", points=10, where=[]),
    sweeps.curves_chart("S", number=[1], metric="loss"),
    sweeps.points_chart("S", ["value"]),
    models.ensemble(models.of_ensemble("S")),
    *(
        call
        for place in (models.of_trial("S", 1), models.of_ensemble("S"))
        for call in (
            models.fetch(place),
            models.answers(place, "test"),
            next(models.predict(place, [{}])),
            models.evaluate(place, [{}]),
        )
    ),
]
FEEDS = {("GET", "/v1/events"), ("GET", "/v1/sweeps/{sweep}/events")}
"""What `Client.events` follows."""


@pytest.fixture(scope="module")
def document(shared: Client) -> dict[str, Any]:
    """The OpenAPI document of the server."""
    found: dict[str, Any] = httpx.get(f"{shared.url}/openapi.json", timeout=60.0).json()
    return found


def _operations(document: dict[str, Any]) -> set[tuple[str, str]]:
    return {
        (method.upper(), path)
        for path, methods in document["paths"].items()
        for method in methods
        if not path.startswith(ROUTES_LEFT_OUT)
    }


def _route(call: Call[Any], document: dict[str, Any]) -> tuple[str, str]:
    """Return the operation of the document that a call asks for."""
    fitting = [path for path in document["paths"] if re.fullmatch(re.sub(r"{\w+}", "[^/]+", path), call.path)]
    return call.method, min(fitting, key=lambda path: path.count("{"))


def test_the_client_has_every_operation_of_the_api_and_no_other(document: dict[str, Any]) -> None:
    assert {_route(call, document) for call in CALLS} | FEEDS == _operations(document)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.method} {call.path}")
def test_a_call_sends_parameters_that_the_operation_has(call: Call[Any], document: dict[str, Any]) -> None:
    method, path = _route(call, document)
    known = {
        one["name"] for one in document["paths"][path][method.lower()].get("parameters", []) if one["in"] == "query"
    }
    assert call.params.keys() <= known


@pytest.mark.parametrize("kind", Answer.__subclasses__())
def test_a_record_has_the_fields_of_the_answer_of_its_name(kind: type[Answer], document: dict[str, Any]) -> None:
    schema = document["components"]["schemas"][kind.__name__]
    required = {name for name, field in kind.model_fields.items() if field.is_required()}
    assert required <= set(schema["required"])
    assert kind.model_fields.keys() <= schema["properties"].keys()


def _body(document: dict[str, Any], path: str, method: str) -> set[str]:
    """Return the fields of a request."""
    (content,) = document["paths"][path][method]["requestBody"]["content"].values()
    schema = content["schema"]
    found = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return set(found["properties"])


def test_requests_have_the_fields_that_the_api_takes(document: dict[str, Any]) -> None:
    assert SweepRequest.__annotations__.keys() == _body(document, "/v1/sweeps", "post")
    assert Changes.__annotations__.keys() == _body(document, "/v1/sweeps/{sweep}", "patch")
    fields = {"name", "file", "dev_file", "test_file"} | UploadFields.__annotations__.keys()
    assert fields == _body(document, "/v1/datasets", "post")
