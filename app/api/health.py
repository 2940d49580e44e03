"""Routes that tell whether the service is well."""

from fastapi import APIRouter, Request
from pydantic import BaseModel

from app.api.access_rules import open_to_all
from app.api.dependencies import UseCases
from app.api.strict_route import StrictRoute
from app.domain.errors import Unavailable

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
def get_readiness(request: Request, services: UseCases) -> HealthAnswer:
    """Answer as long as the storage can be read and written; else tell with 503 why not: a full disk, for one."""
    if (why := services.work.trouble()) is not None:
        raise Unavailable(why)
    return HealthAnswer(status="ok", version=request.app.version, sqlite=services.storage.engine_version())
