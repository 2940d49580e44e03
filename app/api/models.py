"""Routes of trained models: their files, and predictions with them."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, TypeAdapter, WithJsonSchema
from starlette.datastructures import FormData, UploadFile
from typing_extensions import TypedDict

from app.api.access_rules import needs
from app.api.bodies import content_type, read_json
from app.api.dependencies import UseCases
from app.api.documented_route import json_body
from app.api.fields import form_faults, read_fields
from app.api.forms import is_on_disk, read_form
from app.api.reading import with_large_file, with_models
from app.api.strict_route import StrictRoute
from app.domain.access import Scope
from app.domain.answered import PartAnswers, ScoredPart
from app.domain.errors import Fault, InvalidRequest
from app.domain.predictions import Evaluation, PredictedRows
from app.models.models import Format, Predictor, model_file
from app.services.predicting import predict, score_file, score_rows

router = APIRouter(route_class=StrictRoute, prefix="/v1/sweeps/{sweep}", tags=["models"])

_TRIAL = "/trials/{number}"

MOST_ROWS = 10_000
"""The most rows that one request may have predicted."""

ModelFormat = Annotated[Literal["npz", "safetensors", "onnx", "json"], Query(alias="format")]

MODEL_FILES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": {}, "application/json": {}}}
}
"""What the document says of routes that answer with a model."""

_PREDICTED = TypeAdapter(PredictedRows)
_ROW = {"type": "object", "additionalProperties": {"type": ["number", "string", "null"]}}
_ROWS = {"type": "array", "minItems": 1, "maxItems": MOST_ROWS, "items": _ROW}


def _counted(rows: list[Any]) -> list[Any]:
    if not 1 <= len(rows) <= MOST_ROWS:
        raise ValueError(f"it should have from 1 to {MOST_ROWS:,} rows and has {len(rows):,}; send more in parts")
    return rows


class PredictBody(BaseModel):
    """Rows to predict: each has a number, a text or null for every column of training but the target.

    Other values are passed over, and noted.
    """

    rows: Annotated[list[Any], AfterValidator(_counted), WithJsonSchema(_ROWS)]


class KeptModelAnswer(TypedDict):
    """A trial whose model is kept, and the bytes of its weights."""

    trial: int
    bytes: int


class KeptModelsAnswer(TypedDict):
    """All models of a sweep that are kept."""

    items: list[KeptModelAnswer]


@router.get(
    _TRIAL + "/model",
    response_class=Response,
    responses=MODEL_FILES,
)
@needs(Scope.READ)
async def get_model(
    sweep: str,
    number: int,
    request: Request,
    services: UseCases,
    file_format: ModelFormat = "npz",
) -> Response:
    """Fetch a trained model: `json` is its card alone, the other formats have the weights as well."""

    def answered() -> Response:
        return model_answer(services.models.get(sweep, number), f"{sweep}-{number}", file_format)

    return await with_models(request, answered)


@router.get("/models")
@needs(Scope.READ)
def list_models(sweep: str, services: UseCases) -> KeptModelsAnswer:
    """List the trials whose models are kept: finished ones, the best first."""
    return KeptModelsAnswer(
        items=[KeptModelAnswer(trial=one.trial, bytes=one.size) for one in services.models.kept(sweep)]
    )


Part = Annotated[ScoredPart, Query(description="the part of the data set that is answered")]


@router.get(_TRIAL + "/answers")
@needs(Scope.READ)
async def get_answers(sweep: str, number: int, request: Request, services: UseCases, part: Part = "dev") -> PartAnswers:
    """Show what a trained model answers on dev or test, against what is there.

    Of a classifier the confusion matrix, ROC curves and calibration; of a regression predictions and residuals.
    """
    return await with_models(request, lambda: services.models.answers(sweep, number, part))


@router.post(
    _TRIAL + "/predict",
    response_model=PredictedRows,
    openapi_extra=json_body(PredictBody),
)
@needs(Scope.READ)
async def predict_rows(sweep: str, number: int, request: Request, services: UseCases) -> Response:
    """Predict rows with a trained model. Words that it does not know are taken as missing."""
    return await answer_rows(request, partial(services.models.get, sweep, number))


class EvaluateBody(PredictBody):
    """Rows to score a model on: each has a value for every column of training and for the target."""


_FILE = {
    "type": "string",
    "contentMediaType": "application/octet-stream",
    "description": "the rows as a table: text, also .gz, or NPZ",
}
_FORM = {
    "title": "EvaluateForm",
    "description": "A file of rows to score a model on, with every column of training and the target.",
    "type": "object",
    "required": ["file"],
    "properties": {"file": _FILE},
    "additionalProperties": False,
}


def evaluate_body() -> dict[str, Any]:
    """Return the part of the OpenAPI document on what can be scored: a file in a form, or rows of JSON."""
    return json_body(EvaluateBody, {"multipart/form-data": _FORM})


@router.post(_TRIAL + "/evaluate", openapi_extra=evaluate_body())
@needs(Scope.READ)
async def evaluate_model(sweep: str, number: int, request: Request, services: UseCases) -> Evaluation:
    """Score a trained model on examples: a file (text, also .gz, or NPZ) as `file` of a form, or rows of JSON.

    Both have the columns of training and the target; others are passed over, and noted. The rows of the data set's own
    test part get the trial's test error.
    """
    return await answer_examples(request, partial(services.models.get, sweep, number))


def _file_of(form: FormData, faults: Sequence[Fault]) -> UploadFile:
    """Return the file of a form. Raises InvalidRequest with all faults if there is none."""
    file = form.get("file")
    if isinstance(file, UploadFile):
        return file
    raise InvalidRequest([*faults, Fault("/file", "The file is missing: send the rows as a file in the field file.")])


def model_answer(model: Predictor, name: str, file_format: Format | Literal["json"]) -> Response:
    """Return the card of a model for `json`, else the model as a file that is called so."""
    if file_format == "json":
        return JSONResponse(dict(model.card))
    return Response(
        model_file(model, file_format),
        media_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{name}.{file_format}"'},
    )


async def answer_rows(request: Request, model: Callable[[], Predictor]) -> Response:
    """Answer a request for predictions; the `model` is fetched in a thread, once the request has come."""
    raw = await read_json(request)

    def answered() -> Response:
        fields, faults = read_fields(PredictBody, raw)
        found = predict(model(), fields.get("rows", []), faults)
        return Response(_PREDICTED.dump_json(found, exclude_none=True), media_type="application/json")

    return await with_models(request, answered)


async def answer_examples(request: Request, model: Callable[[], Predictor]) -> Evaluation:
    """Answer a request for scores; the `model` is fetched in a thread, once the request has come."""
    if content_type(request) == "multipart/form-data":
        async with read_form(request) as form:
            return await _scored_file(request, model, form)
    fields, faults = read_fields(EvaluateBody, await read_json(request))
    return await with_models(request, lambda: score_rows(model(), fields.get("rows", []), faults))


async def _scored_file(request: Request, model: Callable[[], Predictor], form: FormData) -> Evaluation:
    faults = form_faults(form.multi_items(), ["file"])
    file = _file_of(form, faults)
    in_turn = with_large_file if is_on_disk(file) else with_models
    return await in_turn(request, lambda: score_file(model(), file.file.read(), faults))
