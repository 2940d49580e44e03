"""The tables of a data set: one to train on, and perhaps others for dev and test, with the same columns."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

from engine.data.image import shown
from engine.data.quoting import quoted
from engine.data.table import About, CategoricalColumn, Column, Table, TableFault

PartName = Literal["train", "dev", "test"]
PARTS: tuple[PartName, ...] = get_args(PartName)

HeldOut = Literal["dev", "test"]
FILE_OF: Mapping[HeldOut, About] = {"dev": "dev_file", "test": "test_file"}


@dataclass(frozen=True, slots=True)
class Tables:
    """`train` is the table to train on; a part without a table of its own is cut from it."""

    train: Table
    dev: Table | None = None
    test: Table | None = None

    def separate(self) -> dict[HeldOut, Table]:
        """Return the tables of parts that have one of their own."""
        both: dict[HeldOut, Table | None] = {"dev": self.dev, "test": self.test}
        return {part: table for part, table in both.items() if table is not None}


def column_faults(part: HeldOut, table: Table, train: Table) -> Iterator[TableFault]:
    """Yield what keeps the table of a part from having the columns of the training table, in any order."""
    surplus = {column.name: column for column in table.columns}
    for column in train.columns:
        other = surplus.pop(column.name, None)
        if other is None:
            detail = f"The {part} table has no column {quoted(column.name)}, and the training table has. Add it."
            yield TableFault(detail, FILE_OF[part])
        elif type(other) is not type(column):
            kinds = f"{_kind(other)} in the {part} table and {_kind(column)} in the training table"
            way = "Mend its cells, or name it in categorical."
            yield TableFault(f"The column {quoted(column.name)} holds {kinds}. {way}", FILE_OF[part])
    for name in surplus:
        detail = f"The {part} table has a column {quoted(name)}, and the training table has not. Leave it out."
        yield TableFault(detail, FILE_OF[part])
    if table.image is not None and table.image != train.image:
        detail = f"The {part} table has images of {shown(table.image)}, and the training table has not. Reshape them."
        yield TableFault(detail, FILE_OF[part])


def _kind(column: Column) -> str:
    if not isinstance(column, CategoricalColumn):
        return "numbers"
    words = (word for word in column.values if word is not None)
    return f"words like {quoted(next(words, ''))}"


def aligned(table: Table, train: Table) -> Table:
    """Return the table with its columns in the order of the training table; it has to have the same."""
    columns = {column.name: column for column in table.columns}
    return replace(table, columns=tuple(columns[column.name] for column in train.columns))
