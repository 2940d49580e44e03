"""What routes are given: the use cases, and the parameters that every list has."""

from typing import Annotated, cast

from fastapi import Depends, Query, Request

from app.api.access_rules import key_of
from app.services.services import Services


async def _services(request: Request) -> Services:  # a coroutine, as FastAPI calls all else in a thread
    return cast("Services", request.app.state.services)


async def _owner(request: Request) -> str:
    return key_of(request.scope)


UseCases = Annotated[Services, Depends(_services)]
Owner = Annotated[str, Depends(_owner)]
"""The id of the access key that a request came with, which what it makes belongs to; "" is nobody's."""

Limit = Annotated[int, Query(ge=1, le=500, description="how many items a page has at most")]
Cursor = Annotated[str | None, Query(max_length=2000, description="`next` of the page before")]
