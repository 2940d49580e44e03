"""CSV and gzipped CSV to a table: columns of numbers and of words are told apart, and every fault is named."""

import csv
import io
import zlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from gzip import BadGzipFile, GzipFile
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from engine.data.cells import Cells
from engine.data.column_types import column_of
from engine.data.said import Said
from engine.data.table import (
    MOST_COLUMNS,
    CategoricalColumn,
    Column,
    Faults,
    NumericColumn,
    Table,
    TableError,
    TableFault,
    categorical_names,
    no_such_column,
    quoted,
)
from engine.data.target import missing_targets
from engine.data.whole_numbers import merged_fault, merged_words

if TYPE_CHECKING:
    import _csv

_PIECE = 1 << 20
_GZIP = b"\x1f\x8b"
_ROWS_AT_ONCE = 1000
_MERGED = "or name the column in categorical or in ignore"


def read_csv(
    content: bytes,
    *,
    max_bytes: int,
    target: str | None = None,
    categorical: Collection[str] = (),
    like: Table | None = None,
) -> Table:
    """Read a table with one header row from CSV in UTF-8, plain or gzipped.

    A column is numeric if all its cells that are not missing are numbers, categorical if fewer than half are, or if
    it is named in `categorical` or is so in the training table `like`. The column `target` has to be there and to be
    without missing cells. Raises TableError with every fault found.
    """
    sheet = read_sheet(content, max_bytes)
    faults = sheet.faults
    faults.add(_unknown_columns(sheet.header, target, categorical))
    words = {*categorical, *(categorical_names(like) if like else ())}
    columns: list[Column] = []
    for name, texts in zip(sheet.header, sheet.columns if sheet.lines else [], strict=False):  # no rows, no columns
        cells = Cells.of(texts)
        column = column_of(name, cells, sheet.lines, Said(), forced=name in words)
        if isinstance(column, NumericColumn) and (pair := merged_words(cells.words)):
            column = [merged_fault(f"The column {quoted(name)}", pair, _MERGED)]
        if not isinstance(column, NumericColumn | CategoricalColumn):
            faults.add(column)
            continue
        columns.append(column)
        if name == target:
            faults.add(missing_targets(column, (f"line {sheet.lines[row]}" for row in np.flatnonzero(column.missing))))
    faults.refuse()
    return Table(tuple(columns), sheet.lines, "line")


def _text(content: bytes, max_bytes: int) -> str:
    if content.startswith(_GZIP):
        content = _unzipped(content, max_bytes)
    if len(content) > max_bytes:
        way = "Leave out rows or columns, or have the limit of the server raised."
        raise TableError([f"The table has more than {max_bytes:,} bytes, the most that is allowed. {way}"])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, wrong = content.count(b"\n", 0, error.start) + 1, content[error.start]
        raise TableError([f"Line {line} holds the byte 0x{wrong:02x}, which is not UTF-8. Save as UTF-8."]) from None
    if not text or text.isspace():
        raise TableError(["The file is empty. It needs a header row with column names, and rows below it."])
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise TableError([f"Line {line} holds a NUL character. A CSV file is plain text: save it as UTF-8."])
    return text


def _unzipped(content: bytes, max_bytes: int) -> bytes:
    """Unzip piece by piece, so that a bomb is refused before it unfolds."""
    pieces, size = [], 0
    try:
        with GzipFile(fileobj=io.BytesIO(content)) as stream:
            while size <= max_bytes and (piece := stream.read(_PIECE)):
                pieces.append(piece)
                size += len(piece)
    except (BadGzipFile, EOFError, zlib.error) as error:
        raise TableError([f"The gzip file is broken: {error}. Compress it again."]) from None
    return b"".join(pieces)


@dataclass(frozen=True, slots=True)
class Sheet:
    """The columns as text, of the rows that are as long as the header; their lines; faults of header and rows."""

    header: list[str]
    columns: list[list[str]]
    lines: list[int] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)


def read_sheet(content: bytes, max_bytes: int) -> Sheet:
    """Read CSV in UTF-8, plain or gzipped, as text. Raises TableError where no more can be read than the fault."""
    rows = _rows(_text(content, max_bytes))
    header = _header(rows)
    sheet = Sheet(header, [[] for _ in header])
    sheet.faults.add(_header_faults(header))
    empty = True
    while some := list(islice(rows, _ROWS_AT_ONCE)):  # a list for each row of the file would be most of the memory
        empty = False
        whole = [(line, row) for line, row in some if len(row) == len(header)]
        sheet.lines.extend(line for line, _ in whole)
        for column, cells in zip(sheet.columns, zip(*(row for _, row in whole), strict=True), strict=False):
            column.extend(cells)
        sheet.faults.add(_ragged(some, len(header)))
    if empty:
        sheet.faults.add(["The file has a header and no rows below it. Add rows."])
    return sheet


def _header(rows: Iterator[tuple[int, list[str]]]) -> list[str]:
    """Return the names of the columns, unless they are so many that reading on would fill the memory."""
    names = next(rows)[1]
    if len(names) > MOST_COLUMNS:
        detail = f"The header has {len(names):,} columns; at most {MOST_COLUMNS:,} are possible. Leave some out."
        raise TableError([detail])
    return [name.strip() for name in names]


def _ragged(rows: Sequence[tuple[int, list[str]]], width: int) -> Iterator[str]:
    way = "Every row needs one cell for each column, and a cell with a comma needs quotes around it."
    for line, row in rows:
        if len(row) != width:
            yield f"Line {line} has {len(row)} cells and the header has {width}. {way}"


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of the line on which each row begins, and its cells; blank lines are skipped."""
    reader = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True, strict=True)
    line = 1
    while (row := _next_row(reader, line)) is not None:
        if row:
            yield line, row
        line = reader.line_num + 1


def _next_row(reader: "_csv.Reader", line: int) -> list[str] | None:
    try:
        return next(reader, None)
    except csv.Error as error:
        way = "A cell with commas, quotes or line breaks needs quotes around it, and each quote within it twice."
        raise TableError([f"The row that begins in line {line} is not CSV: {error}. {way}"]) from None


def _header_faults(header: Sequence[str]) -> list[str]:
    if len(header) == 1 and (separator := next((mark for mark in ";\t|" if mark in header[0]), None)):
        mark = "a tab" if separator == "\t" else f'"{separator}"'
        return [f"The header is one cell, {quoted(header[0])}, with {mark} in it. Separate columns by commas."]
    faults: list[str] = []
    first: dict[str, int] = {}
    for place, name in enumerate(header, 1):
        if not name:
            faults.append(f"Column {place} has no name in the header. Name it, or leave it out.")
        elif first.setdefault(name, place) < place:
            faults.append(f"Columns {first[name]} and {place} are both called {quoted(name)}. Rename one of them.")
    return faults


def _unknown_columns(header: Sequence[str], target: str | None, categorical: Collection[str]) -> list[TableFault]:
    names = set(header)
    faults = [TableFault(no_such_column(name, header), "categorical") for name in categorical if name not in names]
    if target is not None and target not in names:
        faults.append(TableFault(no_such_column(target, header), "target"))
    return faults
