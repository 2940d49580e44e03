"""Rows to predict, from CSV or from JSON, as the columns that a network learned: nothing is inferred again."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Literal

import numpy as np

from engine.data.cells import Cells, Numbers
from engine.data.column_types import MISSING, parse_number
from engine.data.encoding import CategoricalEncoding, Encoding, NumericEncoding
from engine.data.header import Expected
from engine.data.notes import Note
from engine.data.said import Said
from engine.data.sheet import read_sheet
from engine.data.table import (
    LARGEST_NUMBER,
    CategoricalColumn,
    Column,
    Faults,
    NumericColumn,
    Table,
    TableFault,
    quoted,
)

Unit = Literal["line", "row"]

MOST_NAMED = 20
"""The most columns that are named one by one."""

_NO_NUMBER = (
    "is not a number, but the model learned the column as numbers. Mend it, or leave it out if the value is missing: "
    "an empty cell in CSV, null in JSON."
)
_TOO_LARGE = f"is not a number between -{LARGEST_NUMBER:.2g} and {LARGEST_NUMBER:.2g}."
_NO_WORD = "is not a text, but the model learned the column as words. Put it in quotes; null is a missing value."


def table_of_csv(
    content: bytes,
    encodings: Sequence[Encoding],
    target: str,
    *,
    max_bytes: int,
    said: Said = Said(),  # noqa: B008  # it is frozen
    read: Mapping[str, Any] | None = None,
) -> Table:
    """Read the columns of `encodings` from text as read_csv does; others are passed over, and noted.

    `read` tells how the training table was read: what nobody said, and the file leaves open, is taken from there.
    Raises TableError.
    """
    names = [encoding.name for encoding in encodings]
    words = [encoding.name for encoding in encodings if isinstance(encoding, CategoricalEncoding)]
    # Without a header, a file that has the target has all columns of training, and their numbers name them.
    in_order = () if target in names else names
    sheet = read_sheet(content, max_bytes, said, Expected(names, words, in_order, read or {}))
    sheet.faults.add(_lacking(sheet.header, encodings))
    cells = dict(zip(sheet.header, sheet.columns, strict=True))
    columns = [
        _sheet_column(encoding, cells[encoding.name], sheet.lines, sheet.faults)
        for encoding in encodings
        if encoding.name in cells
    ]
    sheet.faults.refuse()
    notes = (*sheet.notes, *passed_over(sheet.header, encodings, target))
    return Table(tuple(columns), sheet.lines, "line", notes=notes, read=sheet.read)


def _sheet_column(encoding: Encoding, cells: Cells | Numbers, lines: Sequence[int], faults: Faults) -> Column:
    if isinstance(cells, Numbers):
        return NumericColumn(encoding.name, cells.values)
    parsed = _parsed(cells.words, encoding)
    return _column(encoding, [parsed[code] for code in cells.codes], lines, "line", faults)


def table_of_rows(rows: Sequence[Any], encodings: Sequence[Encoding], target: str) -> Table:
    """Return rows of JSON as a table: each an object with a number, a text or null for every column.

    Values of other columns are passed over, and noted. Raises TableError, whose faults have the place of the row, or of
    the cell, counted from 0.
    """
    faults = Faults()
    faults.add(_row_faults(rows, encodings))
    columns = [
        _column(encoding, [_cell(row, encoding.name) for row in rows], range(len(rows)), "row", faults)
        for encoding in encodings
    ]
    faults.refuse()
    names = dict.fromkeys(name for row in rows for name in row)
    return Table(tuple(columns), range(len(rows)), "row", notes=passed_over(list(names), encodings, target))


def arrange(table: Table, encodings: Sequence[Encoding]) -> list[Column]:
    """Return the columns of `encodings` in their order. Raises TableError if the table lacks some."""
    columns = {column.name: column for column in table.columns}
    faults = Faults()
    faults.add(_lacking(list(columns), encodings))
    faults.refuse()
    return [columns[encoding.name] for encoding in encodings]


def _lacking(names: Sequence[str], encodings: Sequence[Encoding]) -> Iterator[str]:
    """Yield what the columns called `names` lack."""
    there, known = set(names), {encoding.name for encoding in encodings}
    for encoding in encodings:
        if encoding.name not in there:
            close = get_close_matches(encoding.name, [name for name in names if name not in known][:MOST_NAMED], n=1)
            hint = f" The model does not know {quoted(close[0])}: is it meant?" if close else ""
            yield f"The column {quoted(encoding.name)} is missing. Add it; its cells may be empty.{hint}"


def passed_over(names: Sequence[str], encodings: Sequence[Encoding], target: str) -> tuple[Note, ...]:
    """Return notes on the columns that the model does not read."""
    known = {encoding.name for encoding in encodings}
    surplus = [name for name in names if name not in known]
    unknown = [name for name in surplus if name != target]
    notes = []
    if target in surplus:
        detail = f"The column {quoted(target)} was passed over: it is what the model predicts."
        notes.append(Note("target_passed_over", (target,), detail))
    if unknown:
        shown = ", ".join(map(quoted, unknown[:MOST_NAMED]))
        more = f" and {len(unknown) - MOST_NAMED:,} more" if len(unknown) > MOST_NAMED else ""
        detail = f"Columns that the model does not know were passed over: {shown}{more}."
        notes.append(Note("columns_passed_over", tuple(unknown[:MOST_NAMED]), detail))
    return tuple(notes)


def _row_faults(rows: Sequence[Any], encodings: Sequence[Encoding]) -> Iterator[TableFault]:
    known = [encoding.name for encoding in encodings]
    for number, row in enumerate(rows):
        if not isinstance(row, Mapping):
            detail = f"Row {number} is {_shown(row)}, but a row is an object with a value for each column."
            yield TableFault(detail, place=(number,))
            continue
        for name in known:
            if name not in row:
                detail = f"Row {number} has no {quoted(name)}. Add it; null is a missing value."
                yield TableFault(detail, place=(number, name))


def _cell(row: Any, name: str) -> Any:
    """Return a cell; one that is not there has its own fault, and none of a wrong value."""
    return row.get(name) if isinstance(row, Mapping) else None


def _parsed(texts: Sequence[str], encoding: Encoding) -> list[Any]:
    """Return the cells of a CSV column as JSON would have them."""
    words = [None if (word := text.strip()) in MISSING else word for text in texts]
    if isinstance(encoding, CategoricalEncoding):
        return words
    return [word if word is None or (number := parse_number(word)) is None else number for word in words]


def _column(encoding: Encoding, cells: Sequence[Any], numbers: Sequence[int], unit: Unit, faults: Faults) -> Column:
    """Return the column; a cell that has a fault is missing in it."""
    fault_of = _number_fault if isinstance(encoding, NumericEncoding) else _word_fault
    wrong = {row: fault for row, cell in enumerate(cells) if cell is not None and (fault := fault_of(cell))}
    name = encoding.name
    faults.add(
        TableFault(
            f"{unit.capitalize()} {numbers[row]}, column {quoted(name)}: {_shown(cells[row])} {fault}",
            place=(numbers[row], name),
        )
        for row, fault in wrong.items()
    )
    sound = [None if row in wrong else cell for row, cell in enumerate(cells)]
    if isinstance(encoding, NumericEncoding):
        return NumericColumn(name, np.array([math.nan if cell is None else cell for cell in sound], np.float64))
    return CategoricalColumn(name, np.array(sound, np.object_))


def _number_fault(cell: Any) -> str | None:
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return _NO_NUMBER
    return None if abs(cell) <= LARGEST_NUMBER else _TOO_LARGE


def _word_fault(cell: Any) -> str | None:
    return None if isinstance(cell, str) else _NO_WORD


def _shown(value: Any) -> str:
    return quoted(value) if isinstance(value, str) else quoted(json.dumps(value, default=repr)).strip('"')
