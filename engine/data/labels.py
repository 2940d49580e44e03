"""The targets of examples that a trained network is scored on, as it learned them."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.column_types import parse_number
from engine.data.encoding import CategoricalEncoding, Encoding, NumericEncoding
from engine.data.table import Column, Faults, NumericColumn, Table, TableFault, quoted
from engine.data.target import class_name, missing_targets

_SHOWN_CLASSES = 20


def target_encoding(data: Mapping[str, Any]) -> Encoding:
    """Return how cells of the target are read, given the card of the data: as if they were an input."""
    if data["task"] == "regression":
        return NumericEncoding(data["target"], 0.0, flag=False)
    return CategoricalEncoding(data["target"], tuple(data["classes"]))


def read_targets(column: Column, table: Table, data: Mapping[str, Any]) -> NDArray[Any]:
    """Return labels int64, places in the classes, or the numbers of a regression, float64 (rows,).

    Raises TableError where the target is missing, or a class was not there in training.
    """
    faults = Faults()
    gaps = [int(row) for row in np.flatnonzero(column.missing)]
    details = zip(gaps, missing_targets(column, map(table.place, gaps)), strict=True)
    faults.add(TableFault(detail, place=(row, column.name)) for row, detail in details)
    faults.refuse()
    if data["task"] == "regression":
        return np.asarray(column.values, np.float64)
    place = {name: label for label, name in enumerate(data["classes"])}
    labels = [place.get(name, -1) for name in _names(column, place)]
    faults.add(_unknown(column, table, labels, data["classes"]))
    faults.refuse()
    return np.array(labels, np.int64)


def _names(column: Column, known: Mapping[str, int]) -> Iterator[str]:
    """Yield the class of each row: "7.0" is the class "7" if there is none that is written so."""
    if isinstance(column, NumericColumn):
        yield from map(class_name, column.values)
        return
    for word in column.values:
        number = None if word in known else parse_number(word)
        yield word if number is None else class_name(number)


def _unknown(column: Column, table: Table, labels: list[int], classes: list[str]) -> Iterator[TableFault]:
    shown = ", ".join(map(quoted, classes[:_SHOWN_CLASSES])) + (", ..." if len(classes) > _SHOWN_CLASSES else "")
    for row, label in enumerate(labels):
        if label < 0:
            there = f"The target {quoted(column.name)} is {quoted(str(column.values[row]))} in {table.place(row)}"
            place = (row, column.name)
            yield TableFault(f"{there}, a class that training did not have: there were {shown}.", place=place)
