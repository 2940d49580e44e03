"""Routes of the work protocol, for logsweep's own workers and for foreign trainers alike."""

import asyncio
from collections.abc import Callable, Mapping
from contextvars import copy_context
from typing import TypeVar

import msgspec
from fastapi import APIRouter, Request, Response

from app.api.access_rules import caller_of, needs
from app.api.bodies import RecordReader, read_raw
from app.api.body_limit import parsed
from app.api.dependencies import UseCases
from app.api.documented_route import json_body
from app.api.fast_path import Endpoint
from app.api.strict_route import StrictRoute
from app.api.waiting import claim_when_ready
from app.domain.access import Scope
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
from app.logs.context import bound
from app.services.services import Services

A = TypeVar("A", HeartbeatRequest, ReportRequest, ReleaseRequest, FinishRequest)
T = TypeVar("T")

AT_ONCE = 32
"""How many requests of workers have a thread of their own kind, in which they are read and stored; others wait."""

SMALL = 1 << 12
"""The most bytes of a claim or a report that is read where it came in: the way to a thread takes longer.

What is wrong with a body is said in a thread, however small it is: it takes some hundred times as long.
"""

_CLAIM = RecordReader(ClaimRequest)
_HEARTBEAT = RecordReader(HeartbeatRequest)
_REPORT = RecordReader(ReportRequest)
_RELEASE = RecordReader(ReleaseRequest)
_FINISH = RecordReader(FinishRequest)


router = APIRouter(route_class=StrictRoute, prefix="/v1/work", tags=["protocol of workers"])


@router.post("/claim", response_model=ClaimAnswer, openapi_extra=json_body(ClaimRequest))
@needs(Scope.WORK)
async def claim_runs(request: Request, services: UseCases) -> Response:
    """Lease runs to train; with `wait`, answer when there are some."""
    raw = await read_raw(request)
    if (ask := _read_soon(_CLAIM, raw)) is None:
        ask = await _in_thread(request, _CLAIM.read, raw)
    del raw
    parsed(request, sum(map(len, (ask.worker, ask.trainer, *ask.cohorts))))
    if not services.worker_owners.knows(ask.worker, key := caller_of(request.scope)):
        await _in_thread(request, services.worker_owners.claim, ask.worker, key)
    with bound(worker=ask.worker):
        return _json(await claim_when_ready(services, ask, request))


@router.post("/heartbeat", response_model=DecisionsAnswer, openapi_extra=json_body(HeartbeatRequest))
@needs(Scope.WORK)
async def keep_leases(request: Request, services: UseCases) -> Response:
    """Keep leases alive; learn which runs to pause, complete or stop."""
    return await _answer(request, services, await read_raw(request), _HEARTBEAT, services.work.heartbeat)


@router.post("/report", response_model=DecisionsAnswer, openapi_extra=json_body(ReportRequest))
@needs(Scope.WORK)
async def report_epochs(request: Request, services: UseCases) -> Response:
    """Send epochs of leased runs; learn which runs to pause, complete or stop."""
    raw = await read_raw(request)
    if (ask := _read_soon(_REPORT, raw)) is None:
        return await _answer(request, services, raw, _REPORT, services.work.report)
    services.worker_owners.require(ask.worker, caller_of(request.scope))
    with bound(worker=ask.worker):
        answer = await services.work.report_soon(ask)
        return _json(await _in_thread(request, services.work.report, ask) if answer is None else answer)


@router.post("/finish", response_model=FinishAnswer, openapi_extra=json_body(FinishRequest))
@needs(Scope.WORK)
async def finish_runs(request: Request, services: UseCases) -> Response:
    """Send results of runs that end or pause. Each is recorded exactly once; sending it again is harmless."""
    return await _answer(request, services, await read_raw(request), _FINISH, services.work.finish)


@router.post("/release", response_model=DecisionsAnswer, openapi_extra=json_body(ReleaseRequest))
@needs(Scope.WORK)
async def release_leases(request: Request, services: UseCases) -> Response:
    """Give leases back; the runs go to the queue again. One that was refused counts as lost."""
    return await _answer(request, services, await read_raw(request), _RELEASE, services.work.release)


ENDPOINTS: Mapping[str, Endpoint] = {
    f"{router.prefix}/claim": claim_runs,
    f"{router.prefix}/heartbeat": keep_leases,
    f"{router.prefix}/report": report_epochs,
    f"{router.prefix}/finish": finish_runs,
    f"{router.prefix}/release": release_leases,
}
"""What the fast path calls by itself."""


async def _answer(
    request: Request, services: Services, raw: bytes, reads: RecordReader[A], use_case: Callable[[A], object]
) -> Response:
    """Answer what a worker asks for, in a thread, if the worker is the caller's."""

    def answered() -> Response:
        ask = reads.read(raw)
        services.worker_owners.require(ask.worker, caller_of(request.scope))
        with bound(worker=ask.worker):
            return _json(use_case(ask))

    return await _in_thread(request, answered)


def _read_soon(reads: RecordReader[T], raw: bytes) -> T | None:
    """Return what a worker asks for, if it is small and has the right form."""
    return reads.read_sound(raw) if len(raw) <= SMALL else None


async def _in_thread(request: Request, run: Callable[..., T], *args: object) -> T:
    """Run something for a worker in a thread that no reader of lists can occupy, within the request's context."""
    threads, within = request.app.state.work_threads, copy_context()
    return await asyncio.get_running_loop().run_in_executor(threads, within.run, run, *args)


def _json(answer: object) -> Response:
    return Response(msgspec.json.encode(answer), media_type="application/json")
