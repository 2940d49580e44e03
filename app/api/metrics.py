"""The route of metrics: what is measured of trials, and what can be the objective of a sweep."""

from fastapi import APIRouter
from pydantic import BaseModel

from app.api.access_rules import needs
from app.api.strict_route import StrictRoute
from app.contract.metrics import MEASURES, Measure, objectives_of
from app.domain.access import Scope
from app.domain.datasets import Task
from app.domain.objectives import Direction
from app.services.cursors import Page

router = APIRouter(route_class=StrictRoute, prefix="/v1/metrics", tags=["metrics"])


class MetricAnswer(BaseModel):
    """A metric of one part of the data: what it is, on which tasks it is measured, and which way it is better.

    On the tasks in `objective_of` it can be the objective of a sweep.
    """

    name: str
    part: str
    meaning: str
    direction: Direction
    tasks: list[Task]
    objective_of: list[Task]

    @classmethod
    def of(cls, metric: Measure) -> "MetricAnswer":
        """Return the wire form of a metric."""
        return cls(
            name=metric.name,
            part=metric.part,
            meaning=metric.meaning,
            direction=metric.direction,
            tasks=list(metric.tasks),
            objective_of=[task for task in metric.tasks if metric.name in objectives_of(task)],
        )


@router.get("")
@needs(Scope.READ)
def list_metrics() -> Page[MetricAnswer]:
    """List all metrics, by which trials are sorted and filtered; an undefined one is null."""
    return Page([MetricAnswer.of(metric) for metric in MEASURES.values()], None)
