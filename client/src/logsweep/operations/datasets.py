"""Operations on data sets."""

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from logsweep.answers.datasets import DatasetPreview, DatasetSummary
from logsweep.calls import Call, FilePart, Form, Page, answer, content, get, nothing, place
from logsweep.requests import UploadFields
from logsweep.tables import Table, fields_of, sent

_READING = 600.0
"""Seconds that a server may read an upload for, its turn included."""


def upload(
    file: Table, *, name: str, dev: Table | None = None, test: Table | None = None, **fields: Unpack[UploadFields]
) -> Call[DatasetSummary]:
    """Upload a table: a pandas or polars frame, or a file (CSV or other text, also .gz; NPZ; Parquet).

    The same upload is found again. Of a frame the index is left out, and its types say what is a category.
    """
    form = _form(file, dev, test, {"name": name, **fields})
    return Call("POST", "/v1/datasets", answer(DatasetSummary), form=form, repeatable=True, takes=_READING)


def preview(
    file: Table, *, dev: Table | None = None, test: Table | None = None, **fields: Unpack[UploadFields]
) -> Call[DatasetPreview]:
    """Show what an upload would become, and store nothing."""
    form = _form(file, dev, test, fields)
    return Call("POST", "/v1/datasets/preview", answer(DatasetPreview), form=form, repeatable=True, takes=_READING)


def page(*, limit: int = 500, cursor: str | None = None) -> Call[Page[DatasetSummary]]:
    """List a page of the data sets by name."""
    return get("/v1/datasets", answer(Page[DatasetSummary]), limit=limit, cursor=cursor)


def show(name: str) -> Call[DatasetSummary]:
    """Show a data set."""
    return get(place("v1", "datasets", name), answer(DatasetSummary))


def delete(name: str) -> Call[None]:
    """Delete an uploaded data set on which no sweep runs."""
    return Call("DELETE", place("v1", "datasets", name), nothing, repeatable=True)


def prepared(name: str, *, sha256: str | None = None) -> Call[bytes]:
    """Fetch the prepared table that workers train on."""
    return get(place("v1", "datasets", name, "content"), content, takes=_READING, sha256=sha256)


def _form(file: Table, dev: Table | None, test: Table | None, fields: Mapping[str, Any]) -> Form:
    tables = {"file": file, "dev_file": dev, "test_file": test}
    given = {field: table for field, table in tables.items() if table is not None}
    said = {**fields_of(list(given.values()), fields.get("target")), **fields}
    return Form(
        [FilePart(field, *sent(table)) for field, table in given.items()],
        {name: _text(name, value) for name, value in said.items() if value is not None},
    )


def _text(name: str, value: object) -> str | list[str]:
    """Return a field as a form has it."""
    if isinstance(value, str) or not isinstance(value, Sequence):
        return str(value)
    joint = {"split": ",", "image": "x"}.get(name)
    return [str(one) for one in value] if joint is None else joint.join(str(one) for one in value)
