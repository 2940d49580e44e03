"""Routes of sweeps."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool

from app.api.access_rules import needs
from app.api.answers import SweepAnswer, TrialAnswer, sweep_answer, trial_answer
from app.api.bodies import read_json
from app.api.dependencies import Cursor, Limit, Owner, UseCases
from app.api.documented_route import json_body
from app.api.once import CountsOnce
from app.api.reading import among_reads
from app.api.refine_body import RefineBody, refined
from app.api.strict_route import StrictRoute
from app.api.sweep_bodies import ChangesBody, SweepBody, read_sweep
from app.api.sweep_requests import changes_of, sweep_of
from app.api.waiting import LONGEST_WAIT, sweep_when_ended
from app.domain.access import Scope
from app.domain.plan import StoredDecision
from app.domain.states import SweepState
from app.domain.sweeps import Sweep, SweepFilter
from app.domain.why import Why
from app.services.cursors import Page
from app.services.services import Services

router = APIRouter(route_class=StrictRoute, prefix="/v1/sweeps", tags=["sweeps"])

Wait = Annotated[
    float, Query(ge=0, description=f"seconds to wait until the sweep runs no more, {LONGEST_WAIT:g} at most")
]
Keep = Annotated[bool, Query(description="complete what has a result with its best epoch, instead of cancelling it")]


@router.post("", status_code=201, openapi_extra=json_body(SweepBody))
@needs(Scope.SUBMIT)
async def create_sweep(request: Request, services: UseCases, owner: Owner, once: CountsOnce) -> SweepAnswer:
    """Start a sweep. A request that breaks rules is answered with all of them at once."""
    draft, faults = await sweep_of(request)
    return _answer(services, await run_in_threadpool(services.sweeps.create, draft, faults, once, owner))


@router.get("")
@needs(Scope.READ)
def list_sweeps(
    services: UseCases,
    name: Annotated[str | None, Query(max_length=200, description="only sweeps with this in their name")] = None,
    state: Annotated[SweepState | None, Query(description="only sweeps in this state")] = None,
    tag: Annotated[str | None, Query(max_length=200, description="only sweeps with this tag")] = None,
    dataset: Annotated[str | None, Query(max_length=200, description="only sweeps on this data set")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[SweepAnswer]:
    """List the sweeps that fit all that is asked for, newest first."""
    page = services.sweeps.page(SweepFilter(name, state, tag, dataset), limit, cursor)
    return Page([_answer(services, one) for one in page.items], page.next)


@router.get("/{sweep}")
@needs(Scope.READ)
async def get_sweep(sweep: str, request: Request, services: UseCases, wait: Wait = 0.0) -> SweepAnswer:
    """Show a sweep with its counts and its best trial; with `wait`, answer when it runs no more."""
    return _answer(services, await sweep_when_ended(services, sweep, wait, request))


@router.patch("/{sweep}", openapi_extra=json_body(ChangesBody))
@needs(Scope.SUBMIT)
async def change_sweep(sweep: str, request: Request, services: UseCases, owner: Owner) -> SweepAnswer:
    """Change name, tags, notes, budget or space. More budget lets a completed sweep go on; null takes a limit away.

    A new `space`, or new `constraints`, is another version of it: trials in the queue that nobody has begun are drawn
    anew from it, all others stay as they are; models learn from those that lie in the new space.

    A budget holds from the next plan on; none of its limits may lie below what is used. Sweeps that were cancelled or
    are about to end keep theirs.
    """
    draft, faults = await changes_of(request)
    return _answer(services, await run_in_threadpool(services.sweeps.change, sweep, draft, faults, owner))


@router.delete("/{sweep}", status_code=204)
@needs(Scope.SUBMIT)
def delete_sweep(sweep: str, services: UseCases) -> None:
    """Delete an ended sweep with its trials, curves and models; one that is open has to be cancelled first."""
    services.sweeps.delete(sweep)


@router.post("/{sweep}/pause")
@needs(Scope.SUBMIT)
def pause_sweep(sweep: str, services: UseCases) -> SweepAnswer:
    """Pause a sweep: it hands out no work, and what trains stops at an epoch's end. Pausing twice is harmless."""
    return _answer(services, services.sweeps.pause(sweep))


@router.post("/{sweep}/resume")
@needs(Scope.SUBMIT)
def resume_sweep(sweep: str, services: UseCases) -> SweepAnswer:
    """Let a paused sweep go on from where it stopped. Resuming twice is harmless."""
    return _answer(services, services.sweeps.resume(sweep))


@router.post("/{sweep}/cancel")
@needs(Scope.SUBMIT)
def cancel_sweep(sweep: str, services: UseCases, keep: Keep = False) -> SweepAnswer:
    """Cancel a sweep and all its open trials. Cancelling twice is harmless.

    With `keep`, trials that train or have paused are completed with their best epoch, and the sweep is cancelled when
    all of them are; until then `ending` says so.
    """
    return _answer(services, services.sweeps.cancel(sweep, keep=keep))


@router.post("/{sweep}/retrain")
@needs(Scope.SUBMIT)
def retrain_winner(sweep: str, services: UseCases, owner: Owner, once: CountsOnce) -> SweepAnswer:
    """Train the best trial of an ended sweep on train and dev together, for the epochs that its best took.

    With several trainings, by replicates, folds or a confirmation, that is the median of theirs, rounded up.
    It is the only trial of a sweep of its own, which is the answer, also if it was asked for before.
    """
    return _answer(services, services.retraining.retrain(sweep, once, owner))


@router.post("/{sweep}/refine", status_code=201, openapi_extra=json_body(RefineBody))
@needs(Scope.SUBMIT)
async def refine_sweep(sweep: str, request: Request, services: UseCases, owner: Owner, once: CountsOnce) -> SweepAnswer:
    """Start the sweep that goes on from coarse to fine: `next_space` of the analysis, with this sweep as its history.

    It needs 20 trials with a value. Without a body it has the budget of this one, and a sampler that learns; what a
    body says of `name`, `budget`, `sampler` and `scheduler` holds instead.
    """
    asked = await read_json(request) if await request.body() else {}
    if before := await run_in_threadpool(services.sweeps.made_before, once):
        return _answer(services, before)
    posted = refined(await among_reads(request, partial(services.analysis.next_request, sweep)), asked)
    draft, faults = await run_in_threadpool(read_sweep, posted)
    return _answer(services, await run_in_threadpool(services.sweeps.create, draft, faults, once, owner))


@router.get("/{sweep}/decisions")
@needs(Scope.READ)
def list_decisions(sweep: str, services: UseCases, limit: Limit = 50, cursor: Cursor = None) -> Page[StoredDecision]:
    """List what was decided about the trials of a sweep, in which round and why; draws without rounds are left out."""
    return services.sweeps.decisions(sweep, limit, cursor)


@router.get("/{sweep}/why")
@needs(Scope.READ)
def get_why(sweep: str, services: UseCases) -> Why:
    """Tell in sentences why a sweep has not finished, what holds it up first, and when it may end.

    It tells who holds its runs and since when, what waits for whom, lost leases, a lack of workers or of their version,
    and what could not be planned or stored; of a sweep that has ended why it did.
    """
    return services.explaining.why(sweep)


@router.get("/{sweep}/best")
@needs(Scope.READ)
def get_best_trial(sweep: str, services: UseCases) -> TrialAnswer:
    """Show the best finished trial."""
    return trial_answer(services.sweeps.best(sweep))


def _answer(services: Services, sweep: Sweep) -> SweepAnswer:
    return sweep_answer(sweep, services.workers.lack(sweep), services.sweeps.halt(sweep))
