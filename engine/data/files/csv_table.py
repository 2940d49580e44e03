"""CSV and gzipped CSV to a table: columns of numbers and of words are told apart, and every fault is named."""

from collections.abc import Iterator

import numpy as np

from engine.data.columns.cells import Cells
from engine.data.columns.inference import Typed, column_of
from engine.data.columns.remarks import mixed_decimals
from engine.data.columns.whole_numbers import merged_fault, merged_words
from engine.data.files.header import Expected
from engine.data.files.said_names import name_faults
from engine.data.files.sheet import Sheet, read_sheet
from engine.data.notes import gathered
from engine.data.quoting import quoted
from engine.data.said import Said
from engine.data.table import NumericColumn, Table, categorical_names
from engine.data.target import missing_targets

_MERGED = "or name the column in categorical or in ignore"


def read_csv(
    content: bytes,
    *,
    max_bytes: int,
    target: str | None = None,
    said: Said = Said(),  # noqa: B008  # it is frozen
    like: Table | None = None,
) -> Table:
    """Read a table from text whose cells are separated, plain or gzipped, as it was `said` or else as is found out.

    A column is numeric if all its cells that are not missing are numbers or dates, categorical if fewer than half are,
    or if it is named as such; one of the training table `like` is read as it was there. The column `target` has to be
    there and to be without missing cells, unless `said` has such rows left out. Raises TableError with every fault
    found.
    """
    words = {*said.categorical, *filter(None, (said.group,)), *(categorical_names(like) if like else ())}
    named = [column.name for column in like.columns] if like else [*filter(None, (target,)), *words, *said.ignore]
    expected = Expected(named, {*words, *filter(None, (target,)), *_as_text(like)})
    sheet = read_sheet(content, max_bytes, said, expected)
    sheet.faults.add(name_faults(sheet.names, target, said if like is None else Said()))
    typed = tuple(_columns(sheet, target, said, words, like))
    sheet.faults.refuse()
    columns = tuple(one.column for one in typed)
    remarks = [*(remark for one in typed for remark in one.remarks), *mixed_decimals(columns)]
    return Table(columns, sheet.lines, "line", notes=(*sheet.notes, *gathered(remarks)), read=sheet.read)


def _as_text(like: Table | None) -> Iterator[str]:
    """Yield the columns of the training table whose numbers were not written plainly: 12 may lack its unit."""
    for column in like.columns if like else ():
        if column.reading is not None and not column.reading.is_plain:
            yield column.name


def _columns(sheet: Sheet, target: str | None, said: Said, words: set[str], like: Table | None) -> Iterator[Typed]:
    """Yield the columns that have no fault, and add the faults of the others to those of the sheet."""
    learned = {column.name: column.reading for column in like.columns} if like else {}
    for name, cells in zip(sheet.header, sheet.columns if sheet.lines else [], strict=False):  # no rows, no columns
        forced, reading = name in words, learned.get(name)
        typed = column_of(name, cells, sheet.lines, said, forced=forced, target=name == target, like=reading)
        if isinstance(typed, Typed) and isinstance(typed.column, NumericColumn) and isinstance(cells, Cells):
            pair = merged_words(cells.words)
            typed = [merged_fault(f"The column {quoted(name)}", pair, _MERGED)] if pair else typed
        if not isinstance(typed, Typed):
            sheet.faults.add(typed)
            continue
        yield typed
        if name == target and said.missing_target != "drop":
            places = (f"line {sheet.lines[int(row)]}" for row in np.flatnonzero(typed.column.missing))
            sheet.faults.add(missing_targets(typed.column, places))
