"""From columns to the inputs of a network: numbers, flags for missing cells, and one input for each category."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.encoded import Encoded
from engine.data.table import CategoricalColumn, Column, NumericColumn, Table, TableError, TableFault, quoted

MOST_CATEGORIES = 1000
MOST_UNREPEATED = 50
"""A categorical column with more cells than this in which no word comes twice is refused."""

Inputs = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class NumericEncoding:
    """The number itself; a missing one becomes `fill`, the median of train.

    With `flag`, a second input is 1 where the number is missing. It is there if train has missing cells. A `double`
    stays in float64 until it is normalised, any other is rounded to float32.
    """

    name: str
    fill: float
    flag: bool
    double: bool = False

    @classmethod
    def fit(cls, column: NumericColumn, *, double: bool = False) -> "NumericEncoding":
        """Learn fill and flag from the training rows of a column."""
        present = column.values[~column.missing]
        fill = float(np.median(present)) if len(present) else 0.0
        return cls(column.name, fill, flag=bool(column.missing.any()), double=double)

    @property
    def width(self) -> int:
        """How many inputs it makes."""
        return 2 if self.flag else 1

    def encode(self, column: Column) -> Inputs:
        """Return the inputs of a column, (rows, width)."""
        if not isinstance(column, NumericColumn):
            raise TableError([f'The column "{self.name}" holds words; the network learned it as numbers.'])
        values = np.where(column.missing, self.fill, column.values)
        inputs = [values, column.missing] if self.flag else [values]
        return np.stack(inputs, axis=1).astype(np.float64 if self.double else np.float32)

    def card(self) -> dict[str, Any]:
        """Return the encoding as plain JSON; `double` only where it is one."""
        card = {"name": self.name, "kind": "numeric", "fill": self.fill, "flag": self.flag}
        return {**card, "double": True} if self.double else card


@dataclass(frozen=True, slots=True)
class CategoricalEncoding:
    """One input for each category of train, and a last one for unknown and missing."""

    name: str
    categories: tuple[str, ...]

    @classmethod
    def fit(cls, column: CategoricalColumn) -> "CategoricalEncoding":
        """Learn the categories from the training rows of a column."""
        return cls(column.name, tuple(sorted({word for word in column.values if word is not None})))

    @property
    def width(self) -> int:
        """How many inputs it makes."""
        return len(self.categories) + 1

    def encode(self, column: Column) -> Inputs:
        """Return the inputs of a column, (rows, width)."""
        if not isinstance(column, CategoricalColumn):
            raise TableError([f'The column "{self.name}" holds numbers; the network learned it as words.'])
        place = {word: index for index, word in enumerate(self.categories)}
        places = [place.get(word, len(place)) for word in column.values]
        inputs = np.zeros((len(places), self.width), np.float32)
        inputs[np.arange(len(places)), places] = 1.0
        return inputs

    def card(self) -> dict[str, Any]:
        """Return the encoding as plain JSON."""
        return {"name": self.name, "kind": "categorical", "categories": list(self.categories)}


Encoding = NumericEncoding | CategoricalEncoding


def feature_faults(features: Table) -> list[TableFault]:
    """Return what keeps the columns of a whole table from being features."""
    if not features.columns:
        return [TableFault("There is no column but the target. Add columns to predict it from.")]
    return [TableFault(detail) for column in features.columns if (detail := _feature_fault(column))]


def _feature_fault(column: Column) -> str | None:
    if column.missing.all():
        return f"The column {quoted(column.name)} has no values at all. Leave it out."
    return _identifier_fault(column) if isinstance(column, CategoricalColumn) else None


def _identifier_fault(column: CategoricalColumn) -> str | None:
    words = [word for word in column.values if word is not None]
    different, name = len(set(words)), quoted(column.name)
    way = "It looks like an identifier: leave it out."
    if different > MOST_CATEGORIES:
        return f"The column {name} has {different:,} different words; at most {MOST_CATEGORIES:,} are possible. {way}"
    if different == len(words) > MOST_UNREPEATED:
        return f"The column {name} has {different} words and none of them twice, so none can be learned from. {way}"
    return None


def fit(columns: Sequence[Column], double: Sequence[bool] = ()) -> tuple[Encoding, ...]:
    """Learn the encoding of each column from its training rows; `double` tells which stay in float64."""
    return tuple(
        NumericEncoding.fit(column, double=wide)
        if isinstance(column, NumericColumn)
        else CategoricalEncoding.fit(column)
        for column, wide in zip(columns, double or [False] * len(columns), strict=True)
    )


def double_places(encodings: Sequence[Encoding]) -> list[int]:
    """Return the places of the inputs that stay in float64 until they are normalised."""
    starts = accumulate((encoding.width for encoding in encodings), initial=0)
    return [
        start
        for start, encoding in zip(starts, encodings, strict=False)
        if isinstance(encoding, NumericEncoding) and encoding.double
    ]


def encode(encodings: Sequence[Encoding], columns: Sequence[Column]) -> Encoded:
    """Return the inputs of rows given as columns in the order of the encodings, (rows, inputs)."""
    rows, places = len(columns[0].values), double_places(encodings)
    x = np.empty((rows, sum(encoding.width for encoding in encodings)), np.float32)
    double, start = np.empty((rows, len(places))), 0
    for encoding, column in zip(encodings, columns, strict=True):  # in their place, or all would be there twice
        inputs = encoding.encode(column)
        x[:, start : start + encoding.width] = inputs
        if start in places:
            double[:, places.index(start)] = inputs[:, 0]
        start += encoding.width
    return Encoded(x, np.array(places, np.intp), double)


def from_card(card: Mapping[str, Any]) -> Encoding:
    """Return the encoding that `card` describes."""
    if card["kind"] == "numeric":
        return NumericEncoding(card["name"], float(card["fill"]), bool(card["flag"]), card.get("double", False))
    return CategoricalEncoding(card["name"], tuple(card["categories"]))
