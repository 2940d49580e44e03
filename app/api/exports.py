"""Route of exports: results of a sweep as one file, sent while it is read."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from app.api.access_rules import needs
from app.api.dependencies import UseCases
from app.api.strict_route import StrictRoute
from app.domain.access import Scope
from app.domain.answered import ScoredPart
from app.domain.errors import Fault, InvalidRequest, NotInstalled
from app.exports import FORMATS
from app.exports.table import Column, Row
from app.services.exports import Table
from app.services.services import Services
from app.services.trial_queries import parse_query

router = APIRouter(route_class=StrictRoute, prefix="/v1/sweeps/{sweep}", tags=["trials"])

_FILES: dict[int | str, dict[str, Any]] = {200: {"content": {kind.split(";")[0]: {} for _, kind in FORMATS.values()}}}


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked for; each field but `of` belongs to one table alone."""

    of: Table
    where: list[str] | None
    trial: int | None
    part: ScoredPart | None


@router.get("/export", response_class=StreamingResponse, responses=_FILES)
@needs(Scope.READ)
def export_results(
    sweep: str,
    services: UseCases,
    file_format: Annotated[Literal["csv", "jsonl", "parquet"], Query(alias="format")] = "csv",
    of: Annotated[
        Table,
        Query(
            description="a row for each trial, for each epoch of each trial, or for each example that a model answers"
        ),
    ] = "trials",
    where: Annotated[list[str] | None, Query(description="a condition on trials, as in lists; all must hold")] = None,
    trial: Annotated[int | None, Query(description="of predictions, whose model answers: by default the best")] = None,
    part: Annotated[
        ScoredPart | None, Query(description="of predictions, the part of the data that is answered: dev by default")
    ] = None,
) -> StreamingResponse:
    """Fetch all trials, all their epochs, or all that a kept model predicts of dev or test, as one file.

    Trials and epochs are in the order of trials, and are read in pages while they are sent: trials that finish
    meanwhile may be in it or not. Predictions are in the order of the part, beside the target, with the probability of
    each class; of a sweep with folds, dev is the first fold of train and dev together, whose rows the model was not
    trained on. Lists and values of several kinds are JSON text in CSV and Parquet. In CSV a text that a
    spreadsheet would run as a formula, with or without `'` before it, has one more `'` before it. Parquet needs the
    extra `parquet` on the server.
    """
    name, columns, pages = _table(services, sweep, _Asked(of, where, trial, part))
    write, media_type = FORMATS[file_format]
    try:
        pieces = write(columns, pages)
    except ImportError:
        rule = "Parquet needs pyarrow, which the server does not have. Ask for csv or jsonl"
        raise NotInstalled(f"{rule}, or install it there: pip install '.[parquet]' in its checkout.") from None
    headers = {"Content-Disposition": f'attachment; filename="{sweep}-{name}.{file_format}"'}
    return StreamingResponse(pieces, media_type=media_type, headers=headers)


def _table(services: Services, sweep: str, asked: _Asked) -> tuple[str, list[Column], Iterator[list[Row]]]:
    """Return what the file is called, and its columns and pages. Raises InvalidRequest for what does not belong."""
    if faults := list(_misplaced(asked)):
        raise InvalidRequest(faults)
    if asked.of == "trials":
        basis = services.trials.basis(sweep)
        query = parse_query([], "number", asked.where or [], basis.fields)
        return "trials", *services.exports.trials(basis, query.conditions)
    if asked.of == "curves":
        return "curves", *services.exports.curves(sweep)
    trial = services.sweeps.best(sweep).trial.number if asked.trial is None else asked.trial
    part = asked.part or "dev"
    return f"{trial}-{part}-predictions", *services.exports.predictions(sweep, trial, part)


def _misplaced(asked: _Asked) -> Iterator[Fault]:
    if asked.where and asked.of != "trials":
        rule = f"{asked.of.capitalize()} are exported as a whole"
        yield Fault("/where", f"{rule}. Leave where out, or export trials.")
    for name in ("trial", "part"):
        if getattr(asked, name) is not None and asked.of != "predictions":
            yield Fault(f"/{name}", f"{name} says whose predictions are exported. Leave it out, or add of=predictions.")
