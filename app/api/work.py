"""Routes of the work protocol, for logsweep's own workers and for foreign trainers alike."""

from collections.abc import Callable
from typing import TypeVar

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import TypeAdapter

from app.api.bodies import read_record
from app.api.dependencies import UseCases
from app.api.openapi import json_body
from app.api.strict_route import StrictRoute
from app.api.waiting import claim_when_ready
from app.domain.work import (
    ClaimAnswer,
    ClaimRequest,
    DecisionsAnswer,
    FinishAnswer,
    FinishRequest,
    HeartbeatRequest,
    ReleaseRequest,
    ReportRequest,
)

A = TypeVar("A")
B = TypeVar("B")

_CLAIM, _CLAIMED = TypeAdapter(ClaimRequest), TypeAdapter(ClaimAnswer)
_HEARTBEAT, _DECISIONS = TypeAdapter(HeartbeatRequest), TypeAdapter(DecisionsAnswer)
_REPORT = TypeAdapter(ReportRequest)
_RELEASE = TypeAdapter(ReleaseRequest)
_FINISH, _FINISHED = TypeAdapter(FinishRequest), TypeAdapter(FinishAnswer)


router = APIRouter(route_class=StrictRoute, prefix="/v1/work", tags=["work"])


@router.post("/claim", response_model=ClaimAnswer, openapi_extra=json_body(_CLAIM))
async def claim_runs(request: Request, services: UseCases) -> Response:
    """Lease runs to train; with `wait`, answer when there are some."""
    ask = await read_record(request, _CLAIM)
    return _json(_CLAIMED, await claim_when_ready(services, ask, request))


@router.post("/heartbeat", response_model=DecisionsAnswer, openapi_extra=json_body(_HEARTBEAT))
async def keep_leases(request: Request, services: UseCases) -> Response:
    """Keep leases alive; learn which runs to pause, complete or stop."""
    return await _answer(request, _HEARTBEAT, services.work.heartbeat, _DECISIONS)


@router.post("/report", response_model=DecisionsAnswer, openapi_extra=json_body(_REPORT))
async def report_epochs(request: Request, services: UseCases) -> Response:
    """Send epochs of leased runs; learn which runs to pause, complete or stop."""
    return await _answer(request, _REPORT, services.work.report, _DECISIONS)


@router.post("/finish", response_model=FinishAnswer, openapi_extra=json_body(_FINISH))
async def finish_runs(request: Request, services: UseCases) -> Response:
    """Send results of runs that end or pause. Each is recorded exactly once; sending it again is harmless."""
    return await _answer(request, _FINISH, services.work.finish, _FINISHED)


@router.post("/release", response_model=DecisionsAnswer, openapi_extra=json_body(_RELEASE))
async def release_leases(request: Request, services: UseCases) -> Response:
    """Give leases back; the runs go to the queue again. One that was refused counts as lost."""
    return await _answer(request, _RELEASE, services.work.release, _DECISIONS)


async def _answer(
    request: Request, reads: TypeAdapter[A], use_case: Callable[[A], B], writes: TypeAdapter[B]
) -> Response:
    return _json(writes, await run_in_threadpool(use_case, await read_record(request, reads)))


def _json(adapter: TypeAdapter[A], answer: A) -> Response:
    return Response(adapter.dump_json(answer), media_type="application/json")
