"""A text file as a sheet: the names of its columns and their cells, and how the file was read."""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from engine.data.columns.cells import Cells, Numbers
from engine.data.columns.inference import missing_among_numbers, no_number_is_missing, plain_numbers_suffice
from engine.data.files.gathering import Gathering
from engine.data.files.header import Expected, Header, header_faults, read_header
from engine.data.files.separators import SEPARATORS, Row, find_separator, rows_of
from engine.data.files.text import Text, read_text
from engine.data.notes import Note
from engine.data.quoting import quoted
from engine.data.said import Said
from engine.data.table import Faults, TableError, TableFault

_ROWS_AT_ONCE = 1000
_CELLS_AT_ONCE = 1_000_000
_HEADERS = ("first", "none")
_MARKS = {"comma": "a comma", "semicolon": "a semicolon", "tab": "a tab", "pipe": "a pipe", "spaces": "a space"}


@dataclass(frozen=True, slots=True)
class Sheet:
    """The columns that were not left out, of the rows that are as long as the header; their lines; faults of both.

    `names` are those of all columns in the file; `read` tells in plain JSON how it was read.
    """

    names: Sequence[str]
    header: Sequence[str]
    columns: Sequence[Cells | Numbers]
    lines: Sequence[int]
    faults: Faults
    notes: tuple[Note, ...]
    read: Mapping[str, Any]


def read_sheet(content: bytes, max_bytes: int, said: Said, expected: Expected) -> Sheet:
    """Read a text file, plain or gzipped, as columns of cells.

    The text is cut in chunks of rows and never held as a whole, and a column of plain numbers never as text. Raises
    TableError where the fault leaves nothing to read.
    """
    _refuse_unknown_words(said)
    text = _text(content, max_bytes, said, expected)
    separator = said.separator or find_separator(text.open(), expected.known, expected.read.get("separator"))
    header, body = read_header(rows_of(text.open(), separator), said, expected)
    lines, faults = array("q"), Faults()
    gathering = _gathering(header, said, expected)
    for some in _whole_rows(body, len(header.names), separator, faults):
        lines.extend(line for line, _ in some)
        gathering.add(_columns(some, header.kept))
    if not lines and not faults:
        faults.add(["The file has a header and no rows below it. Add rows."])
    again = rows_of(text.open(), separator)
    late = iter(_late_cells(islice(again, int(header.there), None), header, separator, gathering.late()))
    columns = [next(late) if cells is None else cells for cells in gathering.cells()]
    read = {"separator": separator, "encoding": text.encoding, "header": header.there}
    return _sheet(header, columns, lines, faults, read)


def _text(content: bytes, max_bytes: int, said: Said, expected: Expected) -> Text:
    """Return the text; what is no UTF-8 is read in the encoding of the table before it, if that was another."""
    try:
        return read_text(content, max_bytes, said.encoding)
    except TableError as error:
        usual = expected.read.get("encoding")
        if said.encoding or not usual or all(fault.about != "encoding" for fault in error.faults):
            raise
    return read_text(content, max_bytes, usual)


def _refuse_unknown_words(said: Said) -> None:
    faults = Faults()
    if said.separator is not None and said.separator not in SEPARATORS:
        detail = f"The separator {quoted(said.separator)} is not possible: it must be one of {', '.join(SEPARATORS)}."
        faults.add([TableFault(detail, "separator")])
    if said.header is not None and said.header not in _HEADERS:
        rule = "it must be none if the first row is data already, or first if it names the columns"
        faults.add([TableFault(f"The header {quoted(said.header)} is not possible: {rule}.", "header")])
    faults.refuse()


def _gathering(header: Header, said: Said, expected: Expected) -> Gathering:
    wanted = set(expected.as_text)
    every = not (plain_numbers_suffice(said) and no_number_is_missing(said))
    return Gathering([every or header.names[place] in wanted for place in header.kept], missing_among_numbers(said))


def _whole_rows(rows: Iterator[Row], width: int, separator: str, faults: Faults) -> Iterator[list[Row]]:
    """Yield the rows that have `width` cells, some at a time, and add a fault for each that has not."""
    at_once = max(1, min(_ROWS_AT_ONCE, _CELLS_AT_ONCE // width))
    while some := list(islice(rows, at_once)):  # a list for each row of the file would be most of the memory
        whole = [(line, row) for line, row in some if len(row) == width]
        if len(whole) < len(some):
            faults.add(_ragged(some, width, separator))
        if whole:
            yield whole


def _ragged(rows: Sequence[Row], width: int, separator: str) -> Iterator[str]:
    way = f"Every row needs one cell for each column, and a cell with {_MARKS[separator]} needs quotes around it."
    for line, row in rows:
        if len(row) != width:
            yield f"Line {line} has {len(row)} cells and the header has {width}. {way}"


def _columns(rows: Sequence[Row], places: Sequence[int]) -> list[Sequence[str]]:
    columns = list(zip(*(row for _, row in rows), strict=True))
    return [columns[place] for place in places]


def _late_cells(rows: Iterator[Row], header: Header, separator: str, late: Sequence[int]) -> list[Cells | Numbers]:
    """Read again the columns whose text was dropped too early."""
    gathering = Gathering([True] * len(late), ())
    if late:
        for some in _whole_rows(rows, len(header.names), separator, Faults()):
            gathering.add(_columns(some, [header.kept[place] for place in late]))
    return [cells for cells in gathering.cells() if cells is not None]


def _sheet(
    header: Header, columns: Sequence[Cells | Numbers], lines: Sequence[int], faults: Faults, read: Mapping[str, Any]
) -> Sheet:
    """Return the sheet without columns that have neither name nor cells, such as spreadsheets leave behind."""
    cells = dict(zip(header.kept, columns, strict=True))
    empty = {place for place in cells if not header.names[place] and _is_empty(cells[place])}
    faults.add(header_faults(header, empty))
    notes = (*header.notes, _empty_note(sorted(empty))) if empty else header.notes
    kept = [place for place in header.kept if place not in empty]
    names = [header.names[place] for place in kept]
    return Sheet(header.names, names, [cells[place] for place in kept], lines, faults, notes, read)


def _empty_note(places: Sequence[int]) -> Note:
    numbers = ", ".join(str(place + 1) for place in places[:10])
    more = f" and {len(places) - 10:,} more" if places[10:] else ""
    which = f"Columns {numbers}{more} have" if len(places) > 1 else f"Column {numbers} has"
    return Note("empty_columns", (), f"{which} neither a name nor anything in a cell: left out.")


def _is_empty(cells: Cells | Numbers) -> bool:
    return cells.missing.get("", 0) == len(cells) if isinstance(cells, Numbers) else set(cells.words) <= {""}
