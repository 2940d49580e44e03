"""The OpenAPI document: request bodies that routes read themselves, and problems, appear in it like all else."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter

from app.api.problems import Problem

_REF = "#/components/schemas/{model}"

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": "A problem after RFC 9457; `errors` lists the first 100 broken rules and counts the rest.",
        "content": {"application/problem+json": {"schema": {"$ref": _REF.format(model="Problem")}}},
    }
    for status in ("4XX", "5XX")
}


def json_body(adapter: TypeAdapter[Any]) -> dict[str, Any]:
    """Return the `openapi_extra` of a route that reads its JSON body itself."""
    schema = adapter.json_schema(ref_template=_REF)
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def install(app: FastAPI) -> None:
    """Let `app` make its document once, with all schemas in their one place."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
            app.openapi_schema = _with_shared_schemas(made)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign] # FastAPI's documented way to extend the document


def _with_shared_schemas(document: dict[str, Any]) -> dict[str, Any]:
    shared = document.setdefault("components", {}).setdefault("schemas", {})
    problem = TypeAdapter(Problem).json_schema(ref_template=_REF)
    shared.update(problem.pop("$defs", {}), Problem=problem)
    for path in document["paths"].values():
        for operation in path.values():
            for content in _contents(operation):
                shared.update(content.get("schema", {}).pop("$defs", {}))
    return document


def _contents(operation: Mapping[str, Any]) -> list[dict[str, Any]]:
    return list(operation.get("requestBody", {}).get("content", {}).values())
