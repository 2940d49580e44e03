"""A table as read from a file: named columns of numbers or of words, with missing cells."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

MOST_COLUMNS = 100_000
LARGEST_NUMBER = float(np.finfo(np.float32).max)
"""Networks compute with float32: what is beyond would be infinite to them."""

_SHOWN_FAULTS = 20
_SHOWN_LETTERS = 60


@dataclass(frozen=True, slots=True)
class TableFault:
    """A sentence on what is wrong, and whether it is about the file or about what was said of it."""

    detail: str
    about: Literal["file", "target", "categorical"] = "file"


class TableError(ValueError):
    """The file is not a table that can be learned from; `faults` are the first twenty, each naming its place."""

    def __init__(self, faults: Sequence[TableFault | str]) -> None:
        shown = [TableFault(fault) if isinstance(fault, str) else fault for fault in faults[:_SHOWN_FAULTS]]
        if len(faults) > _SHOWN_FAULTS:
            shown.append(TableFault(f"There are {len(faults) - _SHOWN_FAULTS:,} more faults."))
        super().__init__(" ".join(fault.detail for fault in shown))
        self.faults = tuple(shown)


def quoted(word: str) -> str:
    """Return a name or a cell as messages show it: in quotes, and not too long."""
    return f'"{word}"' if len(word) <= _SHOWN_LETTERS else f'"{word[: _SHOWN_LETTERS - 3]}..."'


@dataclass(frozen=True, slots=True)
class NumericColumn:
    """A column of numbers, float64 (rows,); a missing cell is NaN."""

    name: str
    values: NDArray[np.float64]

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Which cells are missing, (rows,)."""
        return np.isnan(self.values)


@dataclass(frozen=True, slots=True)
class CategoricalColumn:
    """A column of words, an array of objects (rows,); a missing cell is None."""

    name: str
    values: NDArray[np.object_]

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Which cells are missing, (rows,)."""
        return np.array([value is None for value in self.values], np.bool_)


Column = NumericColumn | CategoricalColumn


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of equal length; `numbers` are those of the rows in their file, where a row is called `unit`."""

    columns: tuple[Column, ...]
    numbers: Sequence[int]
    unit: Literal["line", "row"]

    def __len__(self) -> int:
        return len(self.numbers)

    def place(self, row: int) -> str:
        """Return where a row stands in its file: "line 12"."""
        return f"{self.unit} {self.numbers[row]}"

    def take(self, name: str) -> "tuple[Column, Table]":
        """Return the column called `name`, and the table without it. Raises TableError if there is none."""
        for index, column in enumerate(self.columns):
            if column.name == name:
                return column, Table(self.columns[:index] + self.columns[index + 1 :], self.numbers, self.unit)
        raise TableError([TableFault(no_such_column(name, [column.name for column in self.columns]), "target")])


def no_such_column(name: str, names: Sequence[str]) -> str:
    """Return the sentence on a name that is none of `names`."""
    known = ", ".join(quoted(other) for other in names[:_SHOWN_FAULTS])
    more = f" and {len(names) - _SHOWN_FAULTS:,} more" if len(names) > _SHOWN_FAULTS else ""
    return f"There is no column {quoted(name)}. The columns are: {known}{more}."


def take_rows(column: Column, rows: NDArray[np.intp]) -> Column:
    """Return the column with these rows alone."""
    if isinstance(column, NumericColumn):
        return NumericColumn(column.name, column.values[rows])
    return CategoricalColumn(column.name, column.values[rows])
