"""Routes of analysis: what went wrong, and what to do next."""

from typing import Annotated

from fastapi import APIRouter, Query

from app.analysis.diagnosis import TrialDiagnosis
from app.analysis.leaderboard import Leaderboard
from app.api.access_rules import needs
from app.api.dependencies import UseCases
from app.api.strict_route import StrictRoute
from app.domain.access import Scope
from app.services.analysis import BOARD, SweepAnalysis

router = APIRouter(route_class=StrictRoute, prefix="/v1/sweeps/{sweep}", tags=["analysis"])

_HOPED = "the error to aim for, such as that of a person: a share, or for numbers an rmse in the target's unit"
Hoped = Annotated[float, Query(ge=0.0, allow_inf_nan=False, description=_HOPED)]


@router.get("/trials/{number}/diagnosis")
@needs(Scope.READ)
def get_diagnosis(sweep: str, number: int, services: UseCases, hoped_error: Hoped = 0.0) -> TrialDiagnosis:
    """Tell what is wrong with a trial, and what to do: bias and variance, and troubles in training by name."""
    return services.analysis.trial(sweep, number, hoped_error)


@router.get("/analysis")
@needs(Scope.READ)
def get_analysis(sweep: str, services: UseCases, hoped_error: Hoped = 0.0) -> SweepAnalysis:
    """Tell what the best trial and the last 1,000 finished ones of a sweep show together, and what to do next.

    Of the space it tells which parameters matter, where the best values lie at the edge of a range and where training
    diverges; of the budget what was wasted, and what more trials would gain. `next_space` is a request for the next
    sweep, ready to be posted; POST .../refine posts it.

    `flattery` tells how far the best value is too good since dev was asked so often, with the test figure beside it.
    """
    return services.analysis.sweep(sweep, hoped_error)


@router.get("/leaderboard")
@needs(Scope.READ)
def get_leaderboard(
    sweep: str,
    services: UseCases,
    limit: Annotated[int, Query(ge=1, le=BOARD, description="how many of the best trials to show")] = 10,
) -> Leaderboard:
    """Show the best finished trials, with how sure their values are.

    Of each the mean over its trainings, the standard error and count, and the probability of being the best of the
    first 50.
    """
    return services.analysis.leaderboard(sweep, limit)
