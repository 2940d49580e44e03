"""CSV and gzipped CSV to a table: columns of numbers and of words are told apart, and every fault is named."""

from collections.abc import Iterator, Sequence

import numpy as np

from engine.data.cells import Cells
from engine.data.column_types import column_of
from engine.data.header import Expected
from engine.data.said import Said
from engine.data.sheet import Sheet, read_sheet
from engine.data.table import (
    About,
    CategoricalColumn,
    Column,
    NumericColumn,
    Table,
    TableFault,
    categorical_names,
    no_such_column,
    quoted,
)
from engine.data.target import missing_targets
from engine.data.whole_numbers import merged_fault, merged_words

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

    A column is numeric if all its cells that are not missing are numbers, categorical if fewer than half are, or if
    it is named as such or is so in the training table `like`. The column `target` has to be there and to be without
    missing cells. Raises TableError with every fault found.
    """
    words = {*said.categorical, *filter(None, (said.group,)), *(categorical_names(like) if like else ())}
    named = [column.name for column in like.columns] if like else [*filter(None, (target,)), *words, *said.ignore]
    expected = Expected(named, words | {target} if target else words)
    sheet = read_sheet(content, max_bytes, said, expected)
    sheet.faults.add(_name_faults(sheet, target, said if like is None else Said()))
    columns = tuple(_columns(sheet, target, said, words))
    sheet.faults.refuse()
    return Table(columns, sheet.lines, "line", notes=sheet.notes, read=sheet.read)


def _columns(sheet: Sheet, target: str | None, said: Said, words: set[str]) -> Iterator[Column]:
    """Yield the columns that have no fault, and add the faults of the others to those of the sheet."""
    for name, cells in zip(sheet.header, sheet.columns if sheet.lines else [], strict=False):  # no rows, no columns
        column = column_of(name, cells, sheet.lines, said, forced=name in words)
        if isinstance(column, NumericColumn) and isinstance(cells, Cells) and (pair := merged_words(cells.words)):
            column = [merged_fault(f"The column {quoted(name)}", pair, _MERGED)]
        if not isinstance(column, NumericColumn | CategoricalColumn):
            sheet.faults.add(column)
            continue
        yield column
        if name == target:
            places = (f"line {sheet.lines[int(row)]}" for row in np.flatnonzero(column.missing))
            sheet.faults.add(missing_targets(column, places))


def _name_faults(sheet: Sheet, target: str | None, said: Said) -> Iterator[TableFault]:
    """Yield a fault for each name that was said and is not in the file."""
    known = set(sheet.names)
    header: Sequence[str] = [name for name in sheet.names if name]
    named: dict[About, Sequence[str]] = {"categorical": said.categorical, "ignore": said.ignore}
    for about, names in named.items():
        yield from (TableFault(no_such_column(name, header), about) for name in names if name not in known)
    if target is not None and target not in known:
        yield TableFault(no_such_column(target, header), "target")
    if target in said.ignore:
        detail = f"The column {quoted(target or '')} is the target: it cannot be ignored. Take it out of ignore."
        yield TableFault(detail, "ignore")
