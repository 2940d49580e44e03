"""Routes of trials: lists, single ones, curves, attempts."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool

from app.api.access_rules import needs
from app.api.answers import EnqueuedAnswer, EpochAnswer, TrialAnswer, enqueued_answer, trial_answer
from app.api.bodies import read_json
from app.api.dependencies import Cursor, Limit, Owner, UseCases
from app.api.documented_route import json_body
from app.api.once import CountsOnce
from app.api.point_bodies import PointsBody, read_points
from app.api.strict_route import StrictRoute
from app.domain.access import Scope
from app.domain.runs import Attempt
from app.services.cursors import Page
from app.services.trial_queries import parse_query

router = APIRouter(route_class=StrictRoute, prefix="/v1/sweeps/{sweep}/trials", tags=["trials"])

_SORT = "number, value, a metric, epochs, seconds, a time or param.NAME; with - in front descending"
_WHERE = "a condition such as dev_error<0.1 or param.optimizer=adam; all that are given must hold"


@router.get("")
@needs(Scope.READ)
def list_trials(
    sweep: str,
    services: UseCases,
    state: Annotated[list[str] | None, Query(description="only trials in one of these states")] = None,
    sort: Annotated[str, Query(max_length=200, description=_SORT)] = "number",
    where: Annotated[list[str] | None, Query(description=_WHERE)] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[TrialAnswer]:
    """List the trials of a sweep. Those without the value they are sorted by come last."""
    basis = services.trials.basis(sweep)
    query = parse_query(state or [], sort, where or [], basis.fields)
    page = services.trials.page(basis, query, limit, cursor)
    return Page([trial_answer(one) for one in page.items], page.next)


@router.post("", status_code=201, openapi_extra=json_body(PointsBody))
@needs(Scope.SUBMIT)
async def enqueue_points(
    sweep: str, request: Request, services: UseCases, owner: Owner, once: CountsOnce
) -> EnqueuedAnswer:
    """Enqueue hand-picked points: they are the next trials, on top of the budget of trials, and none is left out.

    A point names parameters of the space; those that it leaves out are at their defaults. Its values may lie beyond
    the ranges of the space, but must meet its constraints. In a sweep with rounds they join the next one.
    """
    points, faults = await run_in_threadpool(read_points, await read_json(request))
    return enqueued_answer(await run_in_threadpool(services.sweeps.enqueue, sweep, points, faults, once, owner))


@router.get("/{number}")
@needs(Scope.READ)
def get_trial(sweep: str, number: int, services: UseCases) -> TrialAnswer:
    """Show a trial."""
    return trial_answer(services.trials.show(sweep, number))


@router.get("/{number}/curve")
@needs(Scope.READ)
def get_curve(
    sweep: str,
    number: int,
    services: UseCases,
    replicate: Annotated[int, Query(ge=0, description="which replicate of the trial, from 0 on")] = 0,
    limit: Annotated[int, Query(ge=1, le=5000, description="how many epochs a page has at most")] = 1000,
    cursor: Cursor = None,
) -> Page[EpochAnswer]:
    """Show the epochs of a trial, those of a running one as far as they were reported."""
    page = services.trials.curve(sweep, number, replicate, limit, cursor)
    return Page([EpochAnswer.of(one) for one in page.items], page.next)


@router.get("/{number}/attempts")
@needs(Scope.READ)
def list_attempts(
    sweep: str, number: int, services: UseCases, limit: Limit = 50, cursor: Cursor = None
) -> Page[Attempt]:
    """List which workers trained a trial, from when to when, and how each attempt ended."""
    return services.trials.attempts(sweep, number, limit, cursor)
