"""Answers are written as JSON where they are made: FastAPI would check them first, on the event loop."""

from collections.abc import Callable
from functools import wraps
from inspect import isclass, iscoroutinefunction
from typing import Any, get_type_hints

from fastapi import Response
from pydantic import TypeAdapter


def writing_json(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """Return the endpoint as one that returns a response, with the signature of what it answers."""
    kind = get_type_hints(endpoint, include_extras=True).get("return")
    if kind is None or (isclass(kind) and issubclass(kind, Response)):
        return endpoint
    adapter: TypeAdapter[Any] = TypeAdapter(kind)

    def written(found: Any) -> Response:
        return Response(adapter.dump_json(found, by_alias=True), media_type="application/json")

    @wraps(endpoint)
    async def write_later(*args: Any, **named: Any) -> Response:
        return written(await endpoint(*args, **named))

    @wraps(endpoint)
    def write(*args: Any, **named: Any) -> Response:
        return written(endpoint(*args, **named))

    return write_later if iscoroutinefunction(endpoint) else write
