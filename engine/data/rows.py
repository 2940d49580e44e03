"""Rows to predict, from CSV or from JSON, as the columns that a network learned: nothing is inferred again."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, Literal

import numpy as np

from engine.data.columns.cells import Cells, Numbers
from engine.data.encoding import Encoding, NumericEncoding
from engine.data.files.header import Expected
from engine.data.files.sheet import read_sheet
from engine.data.formats.dates import DateFormat
from engine.data.formats.missing import USUAL
from engine.data.formats.numbers import NumberFormat
from engine.data.formats.reading import Format, Reading
from engine.data.formats.words import WordFormat
from engine.data.notes import Note
from engine.data.quoting import listed, quoted
from engine.data.said import Said
from engine.data.table import LARGEST_NUMBER, CategoricalColumn, Column, Faults, NumericColumn, Table, TableFault

Unit = Literal["line", "row"]

MOST_NAMED = 20
"""The most columns that are named one by one."""

_MEND = "Mend it, or leave it out if the value is missing: an empty cell in CSV, null in JSON."
_TOO_LARGE = f"is not a number between -{LARGEST_NUMBER:.2g} and {LARGEST_NUMBER:.2g}."
_NO_WORD = "is not a text, but the model learned the column as words. Put it in quotes; null is a missing value."
_SPELLINGS_OF_NAN = ("NAN", "Nan", "-nan")


def _before(encoding: Encoding) -> Reading:
    """Return how a column of CSV was read before readings were kept; values of JSON were taken as they are."""
    if isinstance(encoding, NumericEncoding):
        return Reading(NumberFormat(), (*USUAL, *_SPELLINGS_OF_NAN))
    return Reading(WordFormat(), USUAL)


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
    as_text = [encoding.name for encoding in encodings if not (encoding.reading or _before(encoding)).is_plain]
    # Without a header, a file that has the target has all columns of training, and their numbers name them.
    in_order = () if target in names else names
    sheet = read_sheet(content, max_bytes, said, Expected(names, as_text, in_order, read or {}))
    sheet.faults.add(_lacking(sheet.header, encodings, target))
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
        return NumericColumn(encoding.name, cells.values, reading=encoding.reading)
    return _column(encoding, [cells.words[code] for code in cells.codes], lines, "line", faults)


def table_of_rows(rows: Sequence[Any], encodings: Sequence[Encoding], target: str) -> Table:
    """Return rows of JSON as a table: each an object with a number, a text or null for every column.

    A text means what it would in CSV, and so does a number among words. Values of other columns are passed over, and
    noted. Raises TableError, whose faults have the place of the row, or of the cell, counted from 0.
    """
    faults = Faults()
    faults.add(_row_faults(rows, encodings, target))
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


def _lacking(names: Sequence[str], encodings: Sequence[Encoding], target: str | None = None) -> Iterator[str]:
    """Yield what the columns called `names` lack; cells of the target may not be empty."""
    there, known = set(names), {encoding.name for encoding in encodings}
    unknown = [name for name in names if name not in known][:MOST_NAMED]
    for encoding in encodings:
        if encoding.name not in there:
            close = get_close_matches(encoding.name, unknown, n=1)
            hint = f" The model does not know {quoted(close[0])}: is it meant?" if close else ""
            way = "Add it." if encoding.name == target else "Add it; its cells may be empty."
            yield f"The column {quoted(encoding.name)} is missing. {way}{hint}"


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
        shown = listed(list(map(quoted, unknown)), MOST_NAMED)
        detail = f"Columns that the model does not know were passed over: {shown}."
        notes.append(Note("columns_passed_over", tuple(unknown[:MOST_NAMED]), detail))
    return tuple(notes)


def _row_faults(rows: Sequence[Any], encodings: Sequence[Encoding], target: str) -> Iterator[TableFault]:
    known = [encoding.name for encoding in encodings]
    for number, row in enumerate(rows):
        if not isinstance(row, Mapping):
            detail = f"Row {number} is {_shown(row)}, but a row is an object with a value for each column."
            yield TableFault(detail, place=(number,))
            continue
        for name in known:
            if name not in row:
                way = "Add it." if name == target else "Add it; null is a missing value."
                detail = f"Row {number} has no {quoted(name)}. {way}"
                yield TableFault(detail, place=(number, name))


def _cell(row: Any, name: str) -> Any:
    """Return a cell; one that is not there has its own fault, and none of a wrong value."""
    return row.get(name) if isinstance(row, Mapping) else None


def _column(encoding: Encoding, cells: Sequence[Any], numbers: Sequence[int], unit: Unit, faults: Faults) -> Column:
    """Return the column; a cell that has a fault is missing in it."""
    name, from_csv = encoding.name, unit == "line"
    if isinstance(encoding, NumericEncoding):
        values, wrong = _numbers(cells, encoding.reading or (_before(encoding) if from_csv else None))
        column: Column = NumericColumn(name, np.array(values, np.float64), reading=encoding.reading)
    else:
        words, wrong = _words(cells, encoding.reading or (_before(encoding) if from_csv else None))
        column = CategoricalColumn(name, np.array(words, np.object_), encoding.reading)
    faults.add(
        TableFault(
            f"{unit.capitalize()} {numbers[row]}, column {quoted(name)}: {_shown(cells[row])} {fault}",
            place=(numbers[row], name),
        )
        for row, fault in wrong.items()
    )
    return column


def _numbers(cells: Sequence[Any], reading: Reading | None) -> tuple[list[float], dict[int, str]]:
    """Return the numbers of cells, NaN where missing or wrong, and what is wrong in which row."""
    texts = list({cell for cell in cells if isinstance(cell, str)}) if reading else []
    read = dict(zip(texts, reading.numbers(texts), strict=True)) if reading else {}
    how = reading.format if reading else NumberFormat()
    numbers, wrong = [math.nan] * len(cells), dict[int, str]()
    for row, cell in enumerate(cells):
        number = read.get(cell) if isinstance(cell, str) else _number(cell, how)
        if cell is None or (isinstance(cell, str) and number is not None and math.isnan(number)):
            continue
        if number is None:
            wrong[row] = _unread(how)
        elif not abs(number) <= LARGEST_NUMBER:
            wrong[row] = _TOO_LARGE
        else:
            numbers[row] = number
    return numbers, wrong


def _number(cell: Any, how: Format) -> float | None:
    """Return a number of JSON; no number is a date."""
    return cell if isinstance(how, NumberFormat) and _is_number(cell) else None


def _unread(how: Format) -> str:
    kind = "dates" if isinstance(how, DateFormat) else "numbers"
    return f"is not {how.noun}, but the model learned the column as {kind}. {_MEND}"


def _words(cells: Sequence[Any], reading: Reading | None) -> tuple[list[str | None], dict[int, str]]:
    """Return the words of cells, None where missing or wrong, and what is wrong in which row."""
    texts = [cell if isinstance(cell, str) else _text(cell) if reading else None for cell in cells]
    wrong = {row: _NO_WORD for row, text in enumerate(texts) if text is None and cells[row] is not None}
    if reading is None:
        return texts, wrong
    words = iter(reading.words([text for text in texts if text is not None]))
    return [None if text is None else next(words) for text in texts], wrong


def _text(cell: Any) -> str | None:
    """Return a number as it would stand in CSV, None for any other value."""
    if not _is_number(cell) or not math.isfinite(cell):
        return None
    return format(Decimal(repr(cell)), "f")


def _is_number(cell: Any) -> bool:
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def _shown(value: Any) -> str:
    return quoted(value) if isinstance(value, str) else quoted(json.dumps(value, default=repr)).strip('"')
