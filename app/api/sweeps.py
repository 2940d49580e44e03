"""Routes of sweeps."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import TypeAdapter

from app.api.answers import PageAnswer, SweepAnswer, TrialAnswer
from app.api.bodies import read_json
from app.api.dependencies import Cursor, Limit, UseCases
from app.api.openapi import json_body
from app.api.strict_route import StrictRoute
from app.api.sweep_bodies import SweepBody, read_sweep
from app.api.waiting import LONGEST_WAIT, sweep_when_ended

router = APIRouter(route_class=StrictRoute, prefix="/v1/sweeps", tags=["sweeps"])

Wait = Annotated[float, Query(ge=0, description=f"seconds to wait for the end of the sweep, {LONGEST_WAIT:g} at most")]


@router.post("", status_code=201, openapi_extra=json_body(TypeAdapter(SweepBody)))
async def create_sweep(request: Request, services: UseCases) -> SweepAnswer:
    """Start a sweep. A request that breaks rules is answered with all of them at once."""
    draft, faults = await run_in_threadpool(read_sweep, await read_json(request))
    return SweepAnswer.of(await run_in_threadpool(services.sweeps.create, draft, faults))


@router.get("")
def list_sweeps(services: UseCases, limit: Limit = 50, cursor: Cursor = None) -> PageAnswer[SweepAnswer]:
    """List the sweeps, newest first."""
    page = services.sweeps.page(limit, cursor)
    return PageAnswer(items=[SweepAnswer.of(one) for one in page.items], next=page.next)


@router.get("/{sweep}")
async def get_sweep(sweep: str, request: Request, services: UseCases, wait: Wait = 0.0) -> SweepAnswer:
    """Show a sweep with its counts and its best trial; with `wait`, answer when it has ended."""
    return SweepAnswer.of(await sweep_when_ended(services, sweep, wait, request))


@router.post("/{sweep}/cancel")
def cancel_sweep(sweep: str, services: UseCases) -> SweepAnswer:
    """Cancel a sweep and all its open trials. Cancelling twice is harmless."""
    return SweepAnswer.of(services.sweeps.cancel(sweep))


@router.get("/{sweep}/best")
def get_best_trial(sweep: str, services: UseCases) -> TrialAnswer:
    """Show the best finished trial."""
    return TrialAnswer.of(services.sweeps.best(sweep))
