"""A table as read from a file: named columns of numbers or of words, with missing cells."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.data.formats.reading import PLAIN, Reading
from engine.data.notes import Note
from engine.data.quoting import listed, quoted

MOST_COLUMNS = 100_000
LARGEST_NUMBER = float(np.finfo(np.float32).max)
"""Networks compute with float32: what is beyond would be infinite to them."""

FLOAT64 = np.dtype(np.float64)

SHOWN_FAULTS = 20
_SHOWN_COLUMNS = 20
_COMPARED_NAMES = 500
_LONGEST_COMPARED = 60

About = Literal[
    "file",
    "dev_file",
    "test_file",
    "target",
    "task",
    "categorical",
    "split",
    "image",
    "separator",
    "header",
    "encoding",
    "decimal",
    "thousands",
    "dates",
    "missing",
    "missing_target",
    "ignore",
    "group",
    "order",
]


@dataclass(frozen=True, slots=True)
class TableFault:
    """A sentence on what is wrong, and whether it is about a file or about what was said of it.

    `place` leads to a row, or to a cell by its row and column, where rows came one by one and not as a file.
    """

    detail: str
    about: About = "file"
    place: tuple[int | str, ...] = ()


class TableError(ValueError):
    """The file is not a table that can be learned from; `faults` are the first twenty, each naming its place."""

    def __init__(self, faults: Iterable[TableFault | str]) -> None:
        shown = [TableFault(fault) if isinstance(fault, str) else fault for fault in faults]
        super().__init__(" ".join(fault.detail for fault in shown))
        self.faults = tuple(shown)


class Faults:
    """Faults as they are found: the first twenty are kept, the others counted.

    A few kilobytes can unpack to millions of faults, and a sentence on each would fill the memory.
    """

    def __init__(self) -> None:
        self._kept: list[TableFault | str] = []
        self._more = 0

    def __bool__(self) -> bool:
        return bool(self._kept)

    def add(self, faults: Iterable[TableFault | str]) -> None:
        """Add faults, which should come one by one from an iterator where there may be many."""
        for fault in faults:
            if len(self._kept) < SHOWN_FAULTS:
                self._kept.append(fault)
            else:
                self._more += 1

    def refuse(self) -> None:
        """Raise TableError if there are any."""
        if self._kept:
            rest = [f"There are {self._more:,} more faults."] if self._more else []
            raise TableError([*self._kept, *rest])


@dataclass(frozen=True, slots=True)
class NumericColumn:
    """A column of numbers, float64 (rows,); a missing cell is NaN. `source`, float32 or float64, holds them too.

    Of a block of bytes, of which none is missing, the values are a view, uint8. `reading` is how texts become numbers.
    """

    name: str
    values: NDArray[Any]
    source: np.dtype[Any] = FLOAT64
    reading: Reading | None = None

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Which cells are missing, (rows,)."""
        return np.zeros(len(self.values), np.bool_) if self.values.dtype == np.uint8 else np.isnan(self.values)

    @property
    def present(self) -> NDArray[Any]:
        """The values of the cells that are not missing; for bytes a view."""
        return self.values if self.values.dtype == np.uint8 else self.values[~self.missing]


@dataclass(frozen=True, slots=True)
class CategoricalColumn:
    """A column of words, an array of objects (rows,); a missing cell is None. `reading` is how they were read."""

    name: str
    values: NDArray[np.object_]
    reading: Reading | None = None

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Which cells are missing, (rows,)."""
        return np.array([value is None for value in self.values], np.bool_)


Column = NumericColumn | CategoricalColumn

Image = tuple[int, int, int]
"""Height, width and channels of a row that is an image."""


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of equal length; `numbers` are those of the rows in their file, where a row is called `unit`.

    With `image`, the features of a row are the pixels of an image, row by row, the channels of a pixel side by side.
    With `block`, uint8 (rows, features), the features are views on its columns, in their order.
    `read` tells in plain JSON how the file was read, where that had to be found out or said.
    """

    columns: tuple[Column, ...]
    numbers: Sequence[int]
    unit: Literal["line", "row"]
    image: Image | None = None
    notes: tuple[Note, ...] = ()
    block: NDArray[np.uint8] | None = None
    read: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.numbers)

    def place(self, row: int) -> str:
        """Return where a row stands in its file: "line 12"."""
        return f"{self.unit} {self.numbers[row]}"

    def keep(self, rows: NDArray[np.intp]) -> "Table":
        """Return the table with these rows alone."""
        columns = tuple(take_rows(column, rows) for column in self.columns)
        numbers = [self.numbers[row] for row in rows.tolist()]
        if self.block is None:
            return replace(self, columns=columns, numbers=numbers)
        block = self.block[rows]
        views = {column.name: column for column in byte_columns(block)}
        columns = tuple(views.get(column.name, column) for column in columns)
        return replace(self, columns=columns, numbers=numbers, block=block)

    def find(self, name: str) -> Column | None:
        """Return the column called `name`, None if there is none."""
        return next((column for column in self.columns if column.name == name), None)

    def take(self, name: str) -> "tuple[Column, Table]":
        """Return the column called `name`, and the table without it. Raises TableError if there is none."""
        for index, column in enumerate(self.columns):
            if column.name == name:
                return column, replace(self, columns=self.columns[:index] + self.columns[index + 1 :])
        raise TableError([TableFault(no_such_column(name, [column.name for column in self.columns]), "target")])


def no_such_column(name: str, names: Sequence[str]) -> str:
    """Return the sentence on a name that is none of `names`."""
    known = listed(list(map(quoted, names)), _SHOWN_COLUMNS)
    return f"There is no column {quoted(name)}.{_meant(name, names)} The columns are: {known}."


def _meant(name: str, names: Sequence[str]) -> str:
    """Return the question whether the name that is nearest was meant, "" if none is near."""
    near = {other.casefold(): other for other in names[:_COMPARED_NAMES] if len(other) <= _LONGEST_COMPARED}
    found = get_close_matches(name[: 2 * _LONGEST_COMPARED].casefold(), near, n=1)
    return f" Did you mean {quoted(near[found[0]])}?" if found else ""


def byte_columns(block: NDArray[np.uint8]) -> "list[NumericColumn]":
    """Return the columns x_0, x_1 and so on of an array (rows, features): views."""
    return [NumericColumn(f"x_{index}", column, np.dtype(np.float32), PLAIN) for index, column in enumerate(block.T)]


def take_rows(column: Column, rows: NDArray[np.intp]) -> Column:
    """Return the column with these rows alone."""
    if isinstance(column, NumericColumn):
        return replace(column, values=column.values[rows])
    return replace(column, values=column.values[rows])


def categorical_names(table: Table) -> list[str]:
    """Return the names of the columns that hold words."""
    return [column.name for column in table.columns if isinstance(column, CategoricalColumn)]
