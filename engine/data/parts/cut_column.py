"""The column by which a training table is cut: its groups, or the order of its rows. It is no input."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.part_tables import Tables
from engine.data.parts.cut import By, Cut, Fractions
from engine.data.parts.groups import split_groups
from engine.data.parts.order import split_order
from engine.data.parts.split import Split, split_rows
from engine.data.quoting import quoted
from engine.data.table import Column, NumericColumn, Table, TableError, TableFault, no_such_column
from engine.data.target import Target

_ISO = re.compile(r"\d{4}-\d{2}(-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?)?")


def cut_faults(table: Table, cut: Cut, target: str) -> Iterator[TableFault]:
    """Yield what keeps the training table from being cut by the columns that were named."""
    named = cut.columns()
    if len(named) > 1:
        both = f"Both group {quoted(named['group'])} and order {quoted(named['order'])} were sent"
        yield TableFault(f"{both}, but a table is cut by one of them. Leave the other out.", "order")
    for by, name in named.items():
        if name == target:
            yield TableFault(f"The {by} column {quoted(name)} is the target. Name another column.", by)
        elif (column := table.find(name)) is None:
            yield TableFault(no_such_column(name, [column.name for column in table.columns]), by)
        else:
            yield from (TableFault(detail, by) for detail in _cell_faults(table, column, by))


def _cell_faults(table: Table, column: Column, by: By) -> Iterator[str]:
    """Yield what keeps the cells of a column from telling the group of a row, or its place in the order."""
    name = quoted(column.name)
    for row in np.flatnonzero(column.missing):
        yield f"The {by} column {name} is missing in {table.place(int(row))}. Fill it in, or leave the row out."
    if by == "group" or isinstance(column, NumericColumn):
        return
    other = next((row for row, word in enumerate(column.values) if word is not None and not _ISO.fullmatch(word)), None)
    if other is not None:
        takes = "to put rows in order takes numbers, or dates such as 2026-03-31 or 2026-03-31T18:45"
        yield f"The order column {name} holds {quoted(column.values[other])} in {table.place(other)}, but {takes}."


def without(tables: Tables, cut: Cut, target: str) -> Tables:
    """Return the tables without the columns by which they are cut."""
    names = set(cut.columns().values()) - {target}

    def rest(table: Table) -> Table:
        columns = tuple(column for column in table.columns if column.name not in names)
        block = table.block if len(columns) == len(table.columns) else None
        return replace(table, columns=columns, block=block)

    others = {part: rest(table) for part, table in tables.separate().items()}
    return Tables(rest(tables.train), others.get("dev"), others.get("test"))


def split_table(table: Table, target: Target, cut: Cut, fractions: Fractions) -> Split:
    """Split the rows of a table without `cut_faults`, as `cut` says. Raises TableError where the parts need more."""
    for by, name in cut.columns().items():
        if by == "group":
            return split_groups(group_numbers(table, name), target, cut.seed, fractions)
        column, _ = table.take(name)
        split = split_order(_ranks(_in_order(column)), fractions)
        if faults := list(_late_classes(table, target, split, name)):
            raise TableError(faults)
        return split
    return split_rows(target, cut.seed, fractions)


def group_numbers(table: Table, name: str) -> NDArray[np.intp]:
    """Return the group of each row of a table by the column that names them, numbered from 0."""
    column, _ = table.take(name)
    return _ranks(column.values)


def _in_order(column: Column) -> NDArray[Any]:
    if isinstance(column, NumericColumn):
        return column.values
    return np.array([word.replace(" ", "T") for word in column.values])


def _ranks(values: NDArray[Any]) -> NDArray[np.intp]:
    """Return the place of each value among the different ones, from 0."""
    return np.unique(values, return_inverse=True)[1].astype(np.intp)


def _late_classes(table: Table, target: Target, split: Split, order: str) -> Iterator[TableFault]:
    """Yield the classes that come only after the rows of train."""
    if not target.classes:
        return
    rest = np.concatenate([split.dev, split.test])
    for label in np.setdiff1d(target.values[rest], target.values[split.train]):
        row = int(rest[np.argmax(target.values[rest] == label)])
        late = f"The class {quoted(target.classes[label])}, in {table.place(row)}, comes after the rows of train"
        way = "so it cannot be learned. Leave its rows out, or give train a larger share."
        yield TableFault(f"{late} in the order of {quoted(order)}, {way}", "order")
