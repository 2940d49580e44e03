"""Columns that share mean and deviation: the pixels of a channel, or each column by itself."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.data.quoting import quoted
from engine.data.rounding import float32_merges
from engine.data.table import FLOAT64, Column, Image, NumericColumn

Parts = Mapping[str, Sequence[Column]]
"""The columns of train, dev and test, in the same order."""


@dataclass(frozen=True, slots=True, eq=False)
class ColumnGroup:
    """The columns of a group in the training part, and in all parts. A channel is called by its number."""

    name: str
    train: Sequence[Column]
    every: Sequence[Column]


def column_groups(parts: Parts, image: Image | None) -> Iterator[ColumnGroup]:
    """Yield the groups in their order."""
    train = parts["train"]
    count = image[2] if image else len(train)
    for place in range(count):
        name = str(place + 1) if image else quoted(train[place].name)
        every = [column for columns in parts.values() for column in columns[place::count]]
        yield ColumnGroup(name, train[place::count], every)


def present(columns: Sequence[NumericColumn]) -> NDArray[np.float64]:
    """Return all numbers of some columns that are not missing."""
    return np.concatenate([column.present for column in columns])


def need_double(parts: Parts, image: Image | None) -> list[bool]:
    """Return for each column whether float32 would merge its values; for images, those of any channel."""
    needs = [_needs_double(group) for group in column_groups(parts, image)]
    return [any(needs)] * len(parts["train"]) if image else needs


def _needs_double(group: ColumnGroup) -> bool:
    train, every = (
        [column for column in columns if isinstance(column, NumericColumn) and _may_need_double(column)]
        for columns in (group.train, group.every)
    )
    return bool(train) and float32_merges(present(train), present(every))


def _may_need_double(column: NumericColumn) -> bool:
    """Tell whether float32 may not do; days and times of day, each an input by itself, are small enough."""
    times = column.reading is not None and column.reading.has_times
    return column.source == FLOAT64 and not times
