"""Routes that tell whether the service is well, and what it measures of itself."""

import asyncio

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel

from app.api.access_rules import needs, open_to_all
from app.api.dependencies import UseCases
from app.api.strict_route import StrictRoute
from app.domain.access import Scope
from app.domain.errors import Unavailable
from app.services.services import Services

router = APIRouter(route_class=StrictRoute, tags=["health"])


class HealthAnswer(BaseModel):
    """Whether the service is well, and what it runs on."""

    status: str
    version: str
    sqlite: str | None = None


@router.get("/healthz")
@open_to_all
async def get_health(request: Request) -> HealthAnswer:
    """Answer as long as the process lives, however many others are read for."""
    return HealthAnswer(status="ok", version=request.app.version)


@router.get("/readyz")
@open_to_all
async def get_readiness(request: Request, services: UseCases) -> HealthAnswer:
    """Answer as long as the storage can be read and written; else tell with 503 why not: a full disk, for one.

    It waits for no other read, and takes no turn of theirs: those who ask at the same time share one look.
    """
    state = request.app.state
    if state.readiness is None or state.readiness.done():
        state.readiness = asyncio.ensure_future(run_in_threadpool(_look, services))
    why, engine = await asyncio.shield(state.readiness)
    if why is not None:
        raise Unavailable(why)
    return HealthAnswer(status="ok", version=request.app.version, sqlite=engine)


def _look(services: Services) -> tuple[str | None, str]:
    """Return why nothing can be stored now, or None, and the version of the database."""
    return services.work.trouble(), services.storage.engine_version()


@router.get("/metrics", response_class=Response, responses={200: {"content": {CONTENT_TYPE_LATEST: {}}}})
@needs(Scope.READ)
async def scrape_meters(request: Request, services: UseCases) -> Response:
    """Return what the service measures of itself, as Prometheus reads it: docs/observability.md says what there is."""
    content, media_type = await run_in_threadpool(services.scrape.text, request.headers.get("accept", ""))
    return Response(content, headers={"Content-Type": media_type})
