"""Route of exports: all results of a sweep as one file, sent while it is read."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from app.api.access_rules import needs
from app.api.dependencies import UseCases
from app.api.strict_route import StrictRoute
from app.domain.access import Scope
from app.domain.errors import Fault, InvalidRequest, NotInstalled
from app.exports import FORMATS
from app.exports.table import Column, Row
from app.services.exports import Table
from app.services.services import Services
from app.services.trial_queries import parse_query

router = APIRouter(route_class=StrictRoute, prefix="/v1/sweeps/{sweep}", tags=["trials"])

_FILES: dict[int | str, dict[str, Any]] = {200: {"content": {kind.split(";")[0]: {} for _, kind in FORMATS.values()}}}


@router.get("/export", response_class=StreamingResponse, responses=_FILES)
@needs(Scope.READ)
def export_results(
    sweep: str,
    services: UseCases,
    file_format: Annotated[Literal["csv", "jsonl", "parquet"], Query(alias="format")] = "csv",
    of: Annotated[Table, Query(description="a row for each trial, or for each epoch of each trial")] = "trials",
    where: Annotated[list[str] | None, Query(description="a condition on trials, as in lists; all must hold")] = None,
) -> StreamingResponse:
    """Fetch all trials, or all their epochs, as one file, in the order of trials.

    It is read in pages while it is sent: trials that finish meanwhile may be in it or not. Lists and values of several
    kinds are JSON text in CSV and Parquet. Parquet needs the extra `parquet` on the server.
    """
    columns, pages = _table(services, sweep, of, where or [])
    write, media_type = FORMATS[file_format]
    try:
        pieces = write(columns, pages)
    except ImportError:
        rule = "Parquet needs pyarrow, which the server does not have. Ask for csv or jsonl"
        raise NotInstalled(f"{rule}, or install it there: pip install 'logsweep[parquet]'.") from None
    headers = {"Content-Disposition": f'attachment; filename="{sweep}-{of}.{file_format}"'}
    return StreamingResponse(pieces, media_type=media_type, headers=headers)


def _table(services: Services, sweep: str, of: Table, where: Sequence[str]) -> tuple[list[Column], Iterator[list[Row]]]:
    if of == "trials":
        query = parse_query([], "number", where, services.trials.fields(sweep))
        return services.exports.trials(sweep, query.conditions)
    if where:
        raise InvalidRequest([Fault("/where", "Curves are exported as a whole. Leave where out, or export trials.")])
    return services.exports.curves(sweep)
