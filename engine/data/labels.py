"""The targets of examples that a trained network is scored on, as it learned them."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.encoding import CategoricalEncoding, Encoding, NumericEncoding
from engine.data.formats.numbers import NumberFormat
from engine.data.formats.reading import reading_from_card
from engine.data.formats.words import WordFormat
from engine.data.quoting import quoted
from engine.data.table import Column, Faults, NumericColumn, Table, TableFault
from engine.data.target import class_name, missing_targets

_SHOWN_CLASSES = 20


def target_encoding(data: Mapping[str, Any]) -> Encoding:
    """Return how cells of the target are read, given the card of the data: as if they were an input.

    Classes that are numbers may be sent as texts too, unless training read them in a format of their own.
    """
    kept = data.get("target_reading")
    reading = reading_from_card(kept) if kept else None
    holds_words = reading is not None and isinstance(reading.format, WordFormat)
    plain = reading is None or (isinstance(reading.format, NumberFormat) and reading.format.is_plain)
    if data["task"] == "regression" or not (holds_words or plain):
        return NumericEncoding(data["target"], 0.0, flag=False, reading=reading)
    return CategoricalEncoding(data["target"], tuple(data["classes"]), reading=reading if holds_words else None)


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
        yield word if word in known else _as_number(word)


def _as_number(word: str) -> str:
    """Return the name that a class has as a number; another word stays as it is."""
    try:
        return word if "_" in word else class_name(float(word))  # Python reads 1_000 as a number
    except ValueError:
        return word


def _unknown(column: Column, table: Table, labels: list[int], classes: list[str]) -> Iterator[TableFault]:
    shown = ", ".join(map(quoted, classes[:_SHOWN_CLASSES])) + (", ..." if len(classes) > _SHOWN_CLASSES else "")
    for row, label in enumerate(labels):
        if label < 0:
            there = f"The target {quoted(column.name)} is {quoted(str(column.values[row]))} in {table.place(row)}"
            place = (row, column.name)
            yield TableFault(f"{there}, a class that training did not have: there were {shown}.", place=place)
