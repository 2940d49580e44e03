"""Routes whose schemas are made with the document: made with the routes, they took a seventh of a server's start."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from inspect import isclass
from types import NoneType
from typing import Any, get_type_hints

from fastapi import Response
from fastapi.routing import APIRoute
from pydantic import TypeAdapter
from starlette.routing import BaseRoute

REF = "#/components/schemas/{model}"
"""Where a schema with a name is in the document."""


@dataclass(frozen=True, slots=True)
class Body:
    """The body of a route that reads it itself: JSON of a `kind`, or one of `others`, schemas by their media types."""

    kind: Any
    others: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def described(self) -> dict[str, Any]:
        """Return what the document says of it."""
        schemas = {"application/json": TypeAdapter(self.kind).json_schema(ref_template=REF), **self.others}
        return {"required": True, "content": {name: {"schema": schema} for name, schema in schemas.items()}}


def json_body(kind: Any, others: Mapping[str, Mapping[str, Any]] | None = None) -> dict[str, Any]:
    """Return the `openapi_extra` of a route that reads its JSON body itself."""
    return {"requestBody": Body(kind, others or {})}


class DocumentedRoute(APIRoute):
    """A route that answers with values as they are, and says only in the document of which kind they are."""

    def __init__(self, path: str, endpoint: Callable[..., Any], *, answers_itself: bool = False, **more: Any) -> None:
        """Make the route of a function; all but `answers_itself`, whether it makes responses, is as FastAPI has it."""
        self._documented = partial(APIRoute, path, endpoint, **more)
        model = None if answers_itself or _makes_responses(endpoint) else Any
        super().__init__(path, endpoint, **{**more, "response_model": model})

    def documented(self) -> APIRoute:
        """Return the route with all that the document says of it."""
        extra = {name: _described(value) for name, value in (self.openapi_extra or {}).items()}
        return self._documented(openapi_extra=extra)


def documented(routes: Sequence[BaseRoute]) -> list[BaseRoute]:
    """Return routes with all that the document says of them."""
    return [route.documented() if isinstance(route, DocumentedRoute) else route for route in routes]


def _makes_responses(endpoint: Callable[..., Any]) -> bool:
    kind = get_type_hints(endpoint).get("return")
    return kind is NoneType or (isclass(kind) and issubclass(kind, Response))


def _described(value: Any) -> Any:
    return value.described() if isinstance(value, Body) else value
