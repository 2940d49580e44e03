"""Routes of data sets."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import fields
from typing import Annotated

from fastapi import APIRouter, Depends, File, Header, Query, Request, Response, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from app.api.access_rules import key_of, needs
from app.api.bodies import require_content_type
from app.api.body_limit import parsed
from app.api.dependencies import Cursor, Limit, Owner, UseCases
from app.api.fields import form_faults
from app.api.forms import in_memory
from app.api.strict_route import StrictRoute
from app.api.turns import Turns
from app.api.upload_form import preview_form, upload_form
from app.api.waiting import until_gone
from app.domain.access import Scope
from app.domain.datasets import DatasetPreview, DatasetSummary
from app.domain.errors import Fault, Unavailable
from app.domain.uploads import ReceivedFile, SentFiles, UploadForm
from app.services.cursors import Page

_REPEATED = ("categorical", "ignore", "missing")
"""Fields that may come several times."""


def _require_multipart(request: Request) -> None:
    require_content_type(request, "multipart/form-data")


def _sent_files(
    file: Annotated[UploadFile, File(description="the table: CSV, TSV or TXT, also .gz, NPZ or Parquet")],
    dev_file: Annotated[UploadFile | None, File(description="the dev part, with the columns of file")] = None,
    test_file: Annotated[UploadFile | None, File(description="the test part, with the columns of file")] = None,
) -> SentFiles:
    dev, test = (_sent(other) if other else None for other in (dev_file, test_file))
    return SentFiles(_sent(file), dev, test)


def _sent(file: UploadFile) -> ReceivedFile:
    return ReceivedFile(file.filename or "", file.file)


async def _field_faults(request: Request) -> list[Fault]:
    """Return what is wrong with the names of the fields."""
    known = [field.name for kind in (SentFiles, UploadForm) for field in fields(kind)]
    return form_faults((await request.form()).multi_items(), known, repeated=_REPEATED)


async def _upload_turn(request: Request) -> AsyncIterator[None]:
    """Let an upload that has come wait for its turn without a thread, of which all routes have a share."""
    turns: Turns = request.app.state.uploads
    seconds: float = request.app.state.upload_patience
    parsed(request, in_memory(await request.form()))
    key = key_of(request.scope)
    taking = asyncio.ensure_future(turns.take(key))
    try:
        async with until_gone(request) as gone:
            await asyncio.wait({taking, gone}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if not taking.done():
            raise Unavailable("Other uploads are being read, and none of them has ended. Send this one again later.")
        yield
    finally:
        if not taking.cancel():
            turns.give_back(key)


router = APIRouter(route_class=StrictRoute, prefix="/v1/datasets", tags=["datasets"])


@router.get("")
@needs(Scope.READ)
def list_datasets(services: UseCases, limit: Limit = 50, cursor: Cursor = None) -> Page[DatasetSummary]:
    """List the data sets in the order of their names."""
    return services.datasets.page(limit, cursor)


@router.post(
    "",
    status_code=201,
    dependencies=[Depends(_require_multipart), Depends(_upload_turn, scope="function")],
    responses={200: {"model": DatasetSummary, "description": "The same table was there already."}},
)
@needs(Scope.SUBMIT)
def upload_dataset(
    response: Response,
    services: UseCases,
    owner: Owner,
    files: Annotated[SentFiles, Depends(_sent_files)],
    form: Annotated[UploadForm, Depends(upload_form)],
    faults: Annotated[list[Fault], Depends(_field_faults)],
) -> DatasetSummary:
    """Upload a table, or one each for train, dev and test.

    The same files and fields under the same name are found again, not stored twice. The card tells how the data were
    read and split, and under `drift` in which columns the distributions of train, dev and test differ.
    """
    dataset, created = services.datasets.upload(files, form, faults, owner)
    if not created:
        response.status_code = 200
    return dataset


@router.post("/preview", dependencies=[Depends(_require_multipart), Depends(_upload_turn, scope="function")])
@needs(Scope.SUBMIT)
def preview_dataset(
    services: UseCases,
    files: Annotated[SentFiles, Depends(_sent_files)],
    form: Annotated[UploadForm, Depends(preview_form)],
    faults: Annotated[list[Fault], Depends(_field_faults)],
) -> DatasetPreview:
    """Show what an upload would become, and store nothing: the fields are those of an upload, and the name may go.

    Of many columns the first hundred are shown, and the others counted.
    """
    return services.datasets.preview(files, form, faults)


@router.get("/{name}")
@needs(Scope.READ)
def get_dataset(name: str, services: UseCases) -> DatasetSummary:
    """Show a data set."""
    return services.datasets.get(name)


@router.delete("/{name}", status_code=204)
@needs(Scope.SUBMIT)
def delete_dataset(name: str, services: UseCases) -> None:
    """Delete an uploaded data set on which no sweep runs."""
    services.datasets.delete(name)


@router.get(
    "/{name}/content",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}, 304: {"description": "unchanged"}},
)
@needs(Scope.READ, Scope.WORK)
async def get_dataset_content(
    name: str,
    services: UseCases,
    sha256: Annotated[str | None, Query(description="the content that a run names")] = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Fetch the prepared table that workers train on; the ETag is its SHA-256.

    With `sha256` it is the content that a sweep began with, also where the data set has been deleted or replaced.
    """
    found = await run_in_threadpool(services.datasets.content_hash, name, sha256)
    size, pieces = await run_in_threadpool(services.datasets.content, found)
    headers = {"ETag": f'"{found}"'}
    if if_none_match is not None and f'"{found}"' in if_none_match:
        return Response(status_code=304, headers=headers)
    headers["Content-Length"] = str(size)
    return StreamingResponse(pieces, media_type="application/octet-stream", headers=headers)
