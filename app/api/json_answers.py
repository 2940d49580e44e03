"""Answers are written as JSON where they are made: FastAPI would check them first, on the event loop."""

from collections.abc import Callable
from functools import wraps
from inspect import isclass, iscoroutinefunction
from typing import Any, get_type_hints

from fastapi import Response
from pydantic_core import to_json


def writing_json(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """Return the endpoint as one that returns a response, with the signature of what it answers."""
    kind = get_type_hints(endpoint, include_extras=True).get("return")
    if kind is None or (isclass(kind) and issubclass(kind, Response)):
        return endpoint

    def written(found: Any) -> Response:
        # By the values as they are: to write them by the type that was declared takes longer, and gives the same bytes.
        return Response(to_json(found, inf_nan_mode="null"), media_type="application/json")

    @wraps(endpoint)
    async def write_later(*args: Any, **named: Any) -> Response:
        return written(await endpoint(*args, **named))

    @wraps(endpoint)
    def write(*args: Any, **named: Any) -> Response:
        return written(endpoint(*args, **named))

    return write_later if iscoroutinefunction(endpoint) else write
