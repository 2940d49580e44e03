"""Routes of ensembles: what was chosen of a sweep's models, and the ensemble as a model."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from typing_extensions import TypedDict

from app.api.access_rules import needs
from app.api.dependencies import UseCases
from app.api.documented_route import json_body
from app.api.models import (
    MODEL_FILES,
    ModelFormat,
    Part,
    PredictBody,
    answer_examples,
    answer_rows,
    evaluate_body,
    model_answer,
)
from app.api.reading import with_models
from app.api.strict_route import StrictRoute
from app.contract.metrics import MEASURES
from app.domain.access import Scope
from app.domain.answered import PartAnswers
from app.domain.ensembles import GREEDY, TOP, Selection, SelectionKind
from app.domain.errors import Fault, InvalidRequest
from app.domain.objectives import Direction
from app.domain.predictions import Evaluation, PredictedRows
from app.domain.trials import Trial
from app.domain.work import Metrics
from app.services.ensembles import EnsembleReport

router = APIRouter(route_class=StrictRoute, prefix="/v1/sweeps/{sweep}/ensemble", tags=["ensembles"])

USUAL_COUNT = 10
"""How many of the best models count alike, unless said."""

_KIND = "greedy: chosen one by one, perhaps again, so that the ensemble is best on dev; top: the best few alike"
_COUNT = f"of how many of the best models the mean is taken with selection=top; {USUAL_COUNT} unless said"


async def _selection(
    selection: Annotated[SelectionKind, Query(description=_KIND)] = GREEDY,
    count: Annotated[int | None, Query(ge=1, le=1000, description=_COUNT)] = None,
) -> Selection:
    if selection == TOP:
        return Selection(TOP, count or USUAL_COUNT)
    if count is not None:
        way = "Leave count out, or say selection=top."
        raise InvalidRequest([Fault("/count", f"Greedy selection decides by itself how many models count. {way}")])
    return Selection(GREEDY)


Chosen = Annotated[Selection, Depends(_selection)]


class MemberAnswer(TypedDict):
    """A trial whose model is in the ensemble: how often it was taken, its share, and what it is worth alone."""

    trial: int
    count: int
    weight: float
    value: float | None
    metrics: Metrics


class BestTrialAnswer(TypedDict):
    """The best trial of the sweep, for comparison."""

    trial: int
    value: float | None
    metrics: Metrics


class EnsembleAnswer(TypedDict):
    """What was chosen of a `pool` of so many models, by `rows` rows of dev, beside the best trial alone.

    Members are in the order of their values, which are of `metric`; `meaning` says what it is, and in which unit.
    `metrics` are those of dev and of test; a loss is that of the mean of the probabilities, or of the numbers in a
    regression. `note` says which of the two is worth more on test.
    """

    sweep: str
    selection: SelectionKind
    metric: str
    meaning: str
    direction: Direction
    pool: int
    rows: int
    members: list[MemberAnswer]
    metrics: Metrics
    best: BestTrialAnswer | None
    note: str | None


@router.get("")
@needs(Scope.READ)
async def get_ensemble(sweep: str, request: Request, services: UseCases, selection: Chosen) -> EnsembleAnswer:
    """Show the ensemble of a sweep that has ended. It is chosen when it is first asked for, and stored."""
    return _answer(sweep, await with_models(request, lambda: services.ensembles.report(sweep, selection)))


@router.get("/model", response_class=Response, responses=MODEL_FILES)
@needs(Scope.READ)
async def get_ensemble_model(
    sweep: str, request: Request, services: UseCases, selection: Chosen, file_format: ModelFormat = "npz"
) -> Response:
    """Fetch the ensemble as one model: `json` is its card alone, the other formats have the weights as well."""

    def answered() -> Response:
        model = services.ensembles.get(sweep, selection)
        return model_answer(model, f"{sweep}-{selection.name}", file_format)

    return await with_models(request, answered)


@router.get("/answers")
@needs(Scope.READ)
async def get_ensemble_answers(
    sweep: str, request: Request, services: UseCases, selection: Chosen, part: Part = "dev"
) -> PartAnswers:
    """Show what the ensemble answers on dev or test, as for the model of a trial. Dev is the part that chose it."""
    return await with_models(request, lambda: services.ensembles.answers(sweep, selection, part))


@router.post("/predict", response_model=PredictedRows, openapi_extra=json_body(PredictBody))
@needs(Scope.READ)
async def predict_by_ensemble(sweep: str, request: Request, services: UseCases, selection: Chosen) -> Response:
    """Predict rows with the ensemble. Words that it does not know are taken as missing."""
    return await answer_rows(request, partial(services.ensembles.get, sweep, selection))


@router.post("/evaluate", openapi_extra=evaluate_body())
@needs(Scope.READ)
async def evaluate_ensemble(sweep: str, request: Request, services: UseCases, selection: Chosen) -> Evaluation:
    """Score the ensemble on examples, as a model of a trial is. The rows of the test part get its test metrics."""
    return await answer_examples(request, partial(services.ensembles.get, sweep, selection))


def _answer(sweep: str, found: EnsembleReport) -> EnsembleAnswer:
    chosen, total = found.chosen, sum(member.count for member in found.chosen.members)
    return EnsembleAnswer(
        sweep=sweep,
        selection=found.selection.kind,
        metric=found.objective.metric,
        meaning=MEASURES[found.objective.metric].meaning,
        direction=found.objective.direction,
        pool=chosen.pool,
        rows=chosen.rows,
        members=[
            MemberAnswer(count=member.count, weight=member.count / total, **_worth(found.trials[member.trial]))
            for member in chosen.members
        ],
        metrics=chosen.metrics,
        best=None if found.best is None else _worth(found.best),
        note=found.note,
    )


def _worth(trial: Trial) -> BestTrialAnswer:
    return BestTrialAnswer(trial=trial.number, value=trial.value, metrics=trial.metrics)
