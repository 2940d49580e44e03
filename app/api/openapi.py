"""The OpenAPI document: request bodies that routes read themselves, and problems, appear in it like all else."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter

from app.api.access_rules import Rule
from app.api.document.descriptions import describe
from app.api.document.examples import show_examples
from app.api.documented_route import REF, documented
from app.api.problems import Problem

_KEYWORDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": "A problem after RFC 9457; `errors` lists the first 100 broken rules and counts the rest.",
        "content": {"application/problem+json": {"schema": {"$ref": REF.format(model="Problem")}}},
    }
    for status in ("4XX", "5XX")
}


SECURITY_SCHEMES = {
    "accessKey": {"type": "http", "scheme": "bearer", "description": "An access key, `lsk_...`, where there are any."}
}
"""How a request says whose it is."""


def security_of(rule: Rule) -> list[dict[str, list[str]]]:
    """Return what the document says of a route's access rule: one of these is enough."""
    return [{name: [str(scope)]} for scope in rule.any_of for name in SECURITY_SCHEMES]


def install(app: FastAPI) -> None:
    """Let `app` make its document once, with all schemas in their one place, described, and with examples."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            routes = documented(app.routes)
            made = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=routes)
            # A copy: what routes say of themselves is in it as it is, and belongs to every application.
            app.openapi_schema = _completed(deepcopy(made))
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign] # FastAPI's documented way to extend the document


def _completed(document: dict[str, Any]) -> dict[str, Any]:
    _share_schemas(document)
    _spell_keywords(document)
    document["components"]["securitySchemes"] = SECURITY_SCHEMES
    _tell_scopes(document)
    describe(document)
    show_examples(document)
    return document


def _tell_scopes(document: dict[str, Any]) -> None:
    """Say at each operation which scope its key needs."""
    for path in document["paths"].values():
        for operation in path.values():
            scopes = dict.fromkeys(f"`{scope}`" for way in operation["security"] for scope in next(iter(way.values())))
            asked = f"A key needs the scope {' or '.join(scopes)}." if scopes else "It needs no key."
            operation["description"] = f"{operation['description']}\n\n{asked}"


def _share_schemas(document: dict[str, Any]) -> None:
    """Put every schema with a name into its one place."""
    shared = document.setdefault("components", {}).setdefault("schemas", {})
    problem = TypeAdapter(Problem).json_schema(ref_template=REF)
    shared.update(problem.pop("$defs", {}), Problem=problem)
    for content in _bodies(document):
        schema = content.get("schema", {})
        shared.update(schema.pop("$defs", {}))
        if "title" in schema:
            shared[schema["title"]] = schema
            content["schema"] = {"$ref": REF.format(model=schema["title"])}


def _bodies(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        for operation in path.values():
            yield from operation.get("requestBody", {}).get("content", {}).values()


def _spell_keywords(part: Any) -> None:
    """Name bounds as JSON schemas do: pydantic leaves them as they are behind a validator of ours."""
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        _spell_keywords(inner)
    if isinstance(part, dict) and "type" in part:
        for own, standard in _KEYWORDS.items():
            if own in part:
                part[standard] = part.pop(own)
