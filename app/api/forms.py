"""What a form may have, and how much of it is in memory: of each file up to 1 MiB, the rest of which is on the disk."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from sys import getsizeof
from typing import TypedDict

from fastapi import HTTPException, Request
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartParser

from app.api.body_limit import LONGEST_CONTENT_TYPE, parsed
from app.domain.errors import show

MOST_FILES = 4
"""The most files of a form, known or not."""

MOST_FIELDS = 1000
"""The most fields of a form: some name columns, of which there are many."""

MOST_FIELD_BYTES = 1 << 10
"""The most bytes of one of them, or of the name of a column."""

_WIDEST = 4
"""As what one byte of a text may be kept: one character beyond 16 bits makes all others as wide."""

_HEAD_OF_A_FIELD = (1 << 12) + (1 << 8)
"""The longest name of a field that the parser takes, of ASCII, and what Python keeps beside the two texts."""

HELD = MOST_FILES * MultiPartParser.spool_max_size + MOST_FIELDS * (_WIDEST * MOST_FIELD_BYTES + _HEAD_OF_A_FIELD)
"""The most bytes of a form that are in memory: of each file up to 1 MiB, and all fields."""


class Limits(TypedDict):
    """What the parser of forms is told."""

    max_files: int
    max_fields: int
    max_part_size: int


LIMITS: Limits = {"max_files": MOST_FILES, "max_fields": MOST_FIELDS, "max_part_size": MOST_FIELD_BYTES}


def require_utf8(request: Request) -> None:
    """Raise HTTPException 415 for a form whose texts are said to be of another encoding, or a type without end.

    The parser would take any that Python has. Some fail on their own, others make half of a surrogate pair, which
    cannot be stored, nor shown.
    """
    said = request.headers.get("content-type", "")
    if len(said) > LONGEST_CONTENT_TYPE:
        raise HTTPException(415, f"The content type has {len(said):,} characters; it may have {LONGEST_CONTENT_TYPE}.")
    kind, options = parse_options_header(said)
    charset = options.get(b"charset", b"utf-8").decode("latin-1")
    if kind == b"multipart/form-data" and charset.lower() != "utf-8":
        raise HTTPException(415, f"The fields of a form are UTF-8, and not {show(charset)}. Leave out the charset.")


@asynccontextmanager
async def read_form(request: Request) -> AsyncIterator[FormData]:
    """Yield the form of a request, of which no more counts as in memory than is; its files are closed at the end."""
    async with request.form(**LIMITS) as form:
        parsed(request, in_memory(form))
        yield form


def in_memory(form: FormData) -> int:
    """Return how many bytes of a form are in memory: all but those of files that are written to the disk."""
    return sum(getsizeof(name) + _held(value) for name, value in form.multi_items())


def is_on_disk(file: UploadFile) -> bool:
    """Return whether a file of a form was written to the disk."""
    return (file.size or 0) > MultiPartParser.spool_max_size


def _held(value: UploadFile | str) -> int:
    if isinstance(value, str):
        return getsizeof(value)
    return 0 if is_on_disk(value) else value.size or 0
