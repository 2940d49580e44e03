"""Route of spaces: what the points of a sweep would be like."""

from functools import partial

from fastapi import APIRouter, Request

from app.api.access_rules import needs
from app.api.dependencies import UseCases
from app.api.documented_route import json_body
from app.api.reading import among_reads
from app.api.strict_route import StrictRoute
from app.api.sweep_bodies import SweepBody
from app.api.sweep_requests import sweep_of
from app.domain.access import Scope
from app.planning.previews import SpacePreview

router = APIRouter(route_class=StrictRoute, prefix="/v1/spaces", tags=["sweeps"])


@router.post("/preview", openapi_extra=json_body(SweepBody))
@needs(Scope.READ)
async def preview_space(request: Request, services: UseCases) -> SpacePreview:
    """Show what a sweep would draw: how its parameters spread, how well it stacks, and its largest network.

    The request is that of a sweep, and is checked as one; nothing is stored.
    """
    draft, faults = await sweep_of(request)
    return await among_reads(request, partial(services.sweeps.preview, draft, faults))
