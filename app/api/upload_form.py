"""The form of an upload: its fields are those of the record, each with what the document says of it."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from inspect import Parameter, Signature
from typing import Annotated, Any

from fastapi import Form

from app.domain.uploads import UploadForm

_MEANINGS: Mapping[str, str] = {
    "name": "what the data set is to be called",
    "target": "the column to predict; y in an NPZ file",
    "task": "classification or regression, if not inferred",
    "categorical": "columns that hold categories",
    "split": "shares of train, dev and test in file, such as 0.7,0.15,0.15",
    "split_seed": "a whole number from 0; another one splits otherwise",
    "image": "height x width (x channels) of a row: 8x8, 8x8x3 or none",
    "group": "a column whose equal values stay in one part",
    "order": "a column to cut by: the last rows are test",
    "ignore": "columns to leave out",
    "separator": "comma, semicolon, tab, pipe or spaces, if not found out",
    "header": "none, if the first row is data already",
    "encoding": "the encoding of the text; UTF-8 or UTF-16 by its mark",
    "decimal": "what marks decimals: point or comma",
    "thousands": "what groups thousands: comma, point, space, quote, none",
    "dates": "the order of dates that are not ISO: ymd, dmy or mdy",
    "missing": "what a missing cell looks like, in place of the usual",
    "missing_target": "drop: leave out rows without a target",
}


class _Reader:
    """What FastAPI calls with the fields of a form: it finds them in the signature, one for each of the record."""

    def __init__(self, **defaults: str) -> None:
        self.__signature__ = Signature([_parameter(field, defaults) for field in fields(UploadForm)])

    def __call__(self, **given: Any) -> UploadForm:
        return UploadForm(**given)


def _parameter(field: Any, defaults: Mapping[str, str]) -> Parameter:
    default = defaults.get(field.name, Parameter.empty if field.default is MISSING else field.default)
    annotation: Any = Annotated[field.type, Form(description=_MEANINGS[field.name])]
    return Parameter(field.name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


upload_form = _Reader()
"""Reads the form of an upload."""

preview_form = _Reader(name="preview")
"""Reads the form of an upload that may go without a name."""
