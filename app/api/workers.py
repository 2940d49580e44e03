"""The route of the workers that are alive."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel

from app.api.access_rules import needs
from app.api.dependencies import Cursor, Limit, UseCases
from app.api.strict_route import StrictRoute
from app.domain.access import Scope
from app.domain.workers import Worker
from app.services.cursors import Page

router = APIRouter(route_class=StrictRoute, prefix="/v1/workers", tags=["workers"])


class HeldTrials(BaseModel):
    """The trials of one sweep that a worker holds."""

    sweep: str
    trials: list[int]


class WorkerAnswer(BaseModel):
    """A live worker, and what it trains. What it has not said of itself is null: other trainers need not.

    `rules` is the newest version of the rules that it knows, `epochs_per_second` an average over about ten seconds.
    """

    name: str
    trainer: str | None
    rules: int | None
    version: str | None
    slots: int | None
    memory_bytes: int | None
    epochs_per_second: float
    since: datetime
    heard_at: datetime
    training: list[HeldTrials]

    @classmethod
    def of(cls, worker: Worker) -> "WorkerAnswer":
        """Return the wire form of a worker."""
        heard = {name: getattr(worker.heard, name) for name in cls.model_fields if name != "training"}
        training = [HeldTrials(sweep=sweep, trials=list(trials)) for sweep, trials in worker.training.items()]
        return cls(training=training, **heard)


@router.get("")
@needs(Scope.READ)
def list_workers(services: UseCases, limit: Limit = 50, cursor: Cursor = None) -> Page[WorkerAnswer]:
    """List the workers that wait for work or were heard of lately, by name: what each trains, and how fast."""
    page = services.workers.page(limit, cursor)
    return Page([WorkerAnswer.of(one) for one in page.items], page.next)
