"""Routes of charts: few numbers of many trials, thinned by the server."""

from typing import Annotated

from fastapi import APIRouter, Query

from app.api.access_rules import needs
from app.api.dependencies import UseCases
from app.api.strict_route import StrictRoute
from app.domain.access import Scope
from app.services.charts import By, CurvesChart, PointsChart, ProgressChart
from app.services.trial_queries import parse_field, parse_query

router = APIRouter(route_class=StrictRoute, prefix="/v1/sweeps/{sweep}/charts", tags=["charts"])

_WHERE = 'a condition such as dev_error<0.1, param.l2>=0.001 or param.optimizer in ["adam"]; all must hold'
Where = Annotated[list[str] | None, Query(description=_WHERE)]


@router.get("/progress")
@needs(Scope.READ)
def chart_progress(
    sweep: str,
    services: UseCases,
    by: Annotated[By, Query(description="what the horizontal axis counts")] = "trials",
    where: Where = None,
    points: Annotated[int, Query(ge=4, le=5000, description="how many results to show at most")] = 1000,
) -> ProgressChart:
    """Show how the best value so far developed, and the results of finished trials beside it.

    Every improvement is there. Of more results than `points` the least and the greatest of each stretch are.
    """
    basis = services.trials.basis(sweep)
    query = parse_query([], "number", where or [], basis.fields)
    return services.charts.progress(basis, by, query.conditions, points)


@router.get("/curves")
@needs(Scope.READ)
def chart_curves(
    sweep: str,
    services: UseCases,
    metric: Annotated[str | None, Query(max_length=200, description="by default the objective's")] = None,
    where: Where = None,
    number: Annotated[list[int] | None, Query(max_length=200, description="only these trials")] = None,
    trials: Annotated[int, Query(ge=1, le=200, description="how many trials to show at most")] = 50,
    points: Annotated[int, Query(ge=4, le=2000, description="how many epochs of each to show at most")] = 200,
) -> CurvesChart:
    """Show one metric of many trials by epoch, of running ones as far as they are.

    Of more trials than asked for the best half and an even choice of the others are shown; of longer curves the least
    and the greatest value of each stretch.
    """
    basis = services.trials.basis(sweep)
    query = parse_query([], "number", where or [], basis.fields)
    return services.charts.curves(basis, metric, query.conditions, number or [], trials, points)


@router.get("/points")
@needs(Scope.READ)
def chart_points(
    sweep: str,
    services: UseCases,
    field: Annotated[
        list[str], Query(max_length=40, description="number, value, a metric, epochs, seconds or param.NAME")
    ],
    where: Where = None,
    most: Annotated[int, Query(ge=2, le=5000, description="how many trials to show at most")] = 2000,
) -> PointsChart:
    """Show fields of many trials, of more than `most` the best half, and an even choice of the others."""
    basis = services.trials.basis(sweep)
    query = parse_query([], "number", where or [], basis.fields)
    fields = {name: parse_field(name, "/field", basis.fields) for name in field}
    return services.charts.points(basis, fields, query.conditions, most)
