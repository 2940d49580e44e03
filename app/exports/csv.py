"""Exports as CSV after RFC 4180: a line of names, empty cells for what is missing, lists as JSON.

A text that a spreadsheet would run as a formula, and is no number, has a ' before it, and so has one that begins with
such a ' already: whoever takes one away from each has what was exported. In the other formats it is as it came.
"""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from io import StringIO
from typing import Any

from app.exports.table import Column, Row

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def write(columns: Sequence[Column], pages: Iterable[Sequence[Row]]) -> Iterator[bytes]:
    """Yield the file piece by piece: its names, then each page."""
    yield _lines([[_cell(column.name) for column in columns]])
    for page in pages:
        yield _lines([[_cell(value) for value in row] for row in page])


def _lines(rows: Iterable[Sequence[Any]]) -> bytes:
    text = StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str):
        return f"'{value}" if _FORMULA.match(value) and not _NUMBER.fullmatch(value) else value
    # A truth value as JSON has it: Python's own word for it is no other tool's.
    return json.dumps(value) if isinstance(value, bool | list | dict) else value
