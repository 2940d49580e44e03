"""Routes of what workers hand in and fetch as raw bytes: models as artifacts, and checkpoints."""

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from app.api.access_rules import needs
from app.api.dependencies import UseCases
from app.api.streams import FileAnswer, require_bytes, with_body
from app.api.strict_route import StrictRoute
from app.domain.access import Scope
from app.domain.work import MOST_REQUEST_BYTES, MOST_TOGETHER

router = APIRouter(route_class=StrictRoute, prefix="/v1/work", tags=["protocol of workers"])

_SIZES = "how many bytes each has, in their order"
Size = Annotated[int, Field(ge=1, le=MOST_REQUEST_BYTES)]

_BYTES: dict[str, Any] = {
    "application/octet-stream": {"schema": {"type": "string", "contentMediaType": "application/octet-stream"}}
}
_BODY: dict[str, Any] = {"requestBody": {"required": True, "content": _BYTES}}
_FOUND: dict[int | str, dict[str, Any]] = {200: {"content": {"application/octet-stream": {}}}}


class HashesAnswer(BaseModel):
    """The SHA-256 of each part of a body, in their order."""

    items: list[str]


class KeptAnswer(BaseModel):
    """Whether bytes that were sent are kept; a cache may refuse some, which is no fault."""

    kept: bool


@router.post("/artifacts", openapi_extra=_BODY)
@needs(Scope.WORK)
async def add_small_artifacts(
    request: Request,
    services: UseCases,
    size: Annotated[list[Size], Query(min_length=1, max_length=MOST_TOGETHER, description=_SIZES)],
) -> HashesAnswer:
    """Send the weights of several small models, one after the other; their hashes come back in the same order."""
    require_bytes(request)
    return HashesAnswer(items=await run_in_threadpool(services.artifacts.add_all, size, await request.body()))


@router.put(
    "/artifacts/{sha256}",
    status_code=201,
    openapi_extra=_BODY,
    responses={200: {"model": KeptAnswer, "description": "The same bytes were here already."}},
)
@needs(Scope.WORK)
async def add_artifact(sha256: str, request: Request, response: Response, services: UseCases) -> KeptAnswer:
    """Send the weights of a model, as they are, under their SHA-256; then name them in its result."""
    if not await with_body(request, lambda pieces: services.artifacts.add(sha256, pieces)):
        response.status_code = 200
    return KeptAnswer(kept=True)


@router.head("/artifacts/{sha256}", response_class=Response, responses=_FOUND)
@needs(Scope.WORK)
def look_for_artifact(sha256: str, services: UseCases) -> Response:
    """Tell whether an artifact is here, and how many bytes it has."""
    return _head(services.artifacts.size(sha256))


@router.get("/artifacts/{sha256}", response_class=Response, responses=_FOUND)
@needs(Scope.WORK)
async def get_artifact(sha256: str, services: UseCases) -> Response:
    """Fetch an artifact."""
    return _streamed(*await run_in_threadpool(services.artifacts.read, sha256))


@router.put("/checkpoints/{sha256}", openapi_extra=_BODY)
@needs(Scope.WORK)
async def add_checkpoint(sha256: str, request: Request, services: UseCases) -> KeptAnswer:
    """Send a checkpoint under its SHA-256. The cache may refuse it or drop it at any time, which costs epochs alone."""
    return KeptAnswer(kept=await with_body(request, lambda pieces: services.checkpoints.add(sha256, pieces)))


@router.head("/checkpoints/{sha256}", response_class=Response, responses=_FOUND)
@needs(Scope.WORK)
def look_for_checkpoint(sha256: str, services: UseCases) -> Response:
    """Tell whether a checkpoint is here, and how many bytes it has."""
    return _head(services.checkpoints.size(sha256))


@router.get("/checkpoints/{sha256}", response_class=Response, responses=_FOUND)
@needs(Scope.WORK)
async def get_checkpoint(sha256: str, services: UseCases) -> Response:
    """Fetch a checkpoint."""
    return FileAnswer(*await run_in_threadpool(services.checkpoints.read, sha256))


def _head(size: int) -> Response:
    return Response(media_type="application/octet-stream", headers={"Content-Length": str(size)})


def _streamed(size: int, pieces: Iterator[bytes]) -> Response:
    headers = {"Content-Length": str(size)}
    return StreamingResponse(pieces, media_type="application/octet-stream", headers=headers)
