"""Tests of what the document of the API says: every field is described, and what it shows works as it stands."""

from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema_rs
import pytest

from app.api.document.descriptions import TEXTS, text_of
from tests.app.api.serving import Json, serving
from tests.app.api.walking import Walk, refusals

ENDLESS = {"follow_events", "follow_sweep"}
"""Feeds, which are followed in tests of their own."""


@pytest.fixture(scope="module")
def document(shared: httpx.Client) -> Json:
    """The OpenAPI document."""
    found: Json = shared.get("/openapi.json").json()
    return found


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory, document: Json) -> list[tuple[str, httpx.Response]]:
    """What a server that has just begun answers to all that the document shows."""
    with serving(tmp_path_factory.mktemp("walked")) as (client, _):
        return list(Walk(client, document).whole())


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Yield method, name and description of all operations."""
    for methods in document["paths"].values():
        for method, operation in methods.items():
            yield method, operation["operationId"], operation


def fields(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Yield the fields of all schemas."""
    for schema, about in document["components"]["schemas"].items():
        for name, field in about.get("properties", {}).items():
            yield schema, name, field


def test_every_schema_and_every_field_is_described(document: Json) -> None:
    schemas = document["components"]["schemas"]
    assert [name for name, schema in schemas.items() if not schema.get("description")] == []
    assert [f"{schema}.{name}" for schema, name, field in fields(document) if not field.get("description")] == []


def test_every_operation_and_every_parameter_is_described(document: Json) -> None:
    silent = [
        f"{name}.{parameter['name']}"
        for _, name, operation in operations(document)
        for parameter in operation.get("parameters", ())
        if not parameter.get("description")
    ]
    assert silent == []
    assert [name for _, name, operation in operations(document) if not operation.get("description")] == []


def test_no_description_is_of_something_that_is_gone(document: Json) -> None:
    said = {text_of(schema, name) for schema, name, _ in fields(document)}
    apart = {"tags", "schemas", "parameters"}
    tables = {name: table for name, table in TEXTS.items() if name not in apart}
    needless = [
        f"{name}.{field}" for name, table in tables.items() for field, text in table.items() if text not in said
    ]
    assert needless == []
    assert TEXTS["schemas"].keys() <= document["components"]["schemas"].keys()
    parameters = {one["name"] for _, _, operation in operations(document) for one in operation.get("parameters", ())}
    assert TEXTS["parameters"].keys() <= parameters


def test_every_group_is_described_and_the_protocol_of_workers_is_one(document: Json) -> None:
    used = {tag for _, _, operation in operations(document) for tag in operation["tags"]}
    assert used == {tag["name"] for tag in document["tags"] if tag["description"]}
    of_workers = {path for path, one in document["paths"].items() for o in one.values() if "protocol" in o["tags"][0]}
    assert of_workers == {path for path in document["paths"] if path.startswith("/v1/work/")}


def test_every_bound_is_spelt_as_schemas_do(document: Json) -> None:
    trials = document["components"]["schemas"]["BudgetBody"]["properties"]["trials"]
    assert (trials["minimum"], trials["maximum"]) == (1, 1_000_000)
    assert "ge" not in trials


def test_what_is_shown_is_tried_for_every_operation_that_ends(
    answers: list[tuple[str, httpx.Response]], document: Json
) -> None:
    assert {name for name, _ in answers} == {name for _, name, _ in operations(document)} - ENDLESS


def test_every_request_that_is_shown_succeeds_as_it_stands(answers: list[tuple[str, httpx.Response]]) -> None:
    refused = [f"{name}: {answer.status_code} {answer.text}" for name, answer in answers if not answer.is_success]
    assert refused == []


def test_every_body_is_shown(document: Json) -> None:
    bodies = [
        (f"{name} {media_type}", content)
        for _, name, operation in operations(document)
        for media_type, content in operation.get("requestBody", {}).get("content", {}).items()
    ]
    assert len(bodies) > 15
    assert [name for name, content in bodies if "example" not in content] == []


def test_every_answer_in_json_is_shown_and_has_the_form_that_is_said(document: Json) -> None:
    shown = {name: example_of(operation) for _, name, operation in operations(document)}
    for name, content in shown.items():
        if content is not None:
            assert "example" in content, name
            schema = {**content["schema"], "components": document["components"]}
            jsonschema_rs.Draft202012Validator(schema).validate(content["example"])


def test_the_refusals_that_are_shown_are_those_of_the_server(shared: httpx.Client, document: Json) -> None:
    for _, name, operation in operations(document):
        refused, failed = (operation["responses"][status]["content"] for status in ("4XX", "5XX"))
        shown = {key: one["value"] for key, one in refused["application/problem+json"]["examples"].items()}
        assert shown == refusals(shared), name
        assert failed["application/problem+json"]["examples"]


def example_of(operation: Json) -> dict[str, Any] | None:
    """Return what the document says of an answer in JSON; None if the operation answers otherwise."""
    status = next(status for status in operation["responses"] if status.startswith("2"))
    content: dict[str, Any] | None = operation["responses"][status].get("content", {}).get("application/json")
    return content if content and content["schema"] else None
