"""From columns to the inputs of a network: numbers, flags for missing cells, and one input for each category."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.encoded import Encoded
from engine.data.formats.reading import Reading, reading_from_card
from engine.data.notes import Remark
from engine.data.quoting import quoted
from engine.data.table import CategoricalColumn, Column, NumericColumn, Table, TableError, TableFault

MOST_CATEGORIES = 1000
MOST_UNREPEATED = 50
"""A categorical column with more cells than this in which no word comes twice is refused."""

Inputs = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class NumericEncoding:
    """The number itself; a missing one becomes `fill`, the median of train.

    With `flag`, a last input is 1 where the number is missing. It is there if train has missing cells. Of dates with
    times, the first input is the whole days and the second the time of day, from 0 to 1. `reading` is how texts
    become numbers; models that are older than it have none. A `double` stays in float64 until it is normalised, any
    other is rounded to float32.
    """

    name: str
    fill: float
    flag: bool
    reading: Reading | None = None
    double: bool = False

    @classmethod
    def fit(cls, column: NumericColumn, *, double: bool = False) -> "NumericEncoding":
        """Learn fill and flag from the training rows of a column."""
        present = column.values[~column.missing]
        fill = float(np.median(present)) if len(present) else 0.0
        return cls(column.name, fill, flag=bool(column.missing.any()), reading=column.reading, double=double)

    @property
    def width(self) -> int:
        """How many inputs it makes."""
        return 1 + self._has_times + self.flag

    def encode(self, column: Column) -> Inputs:
        """Return the inputs of a column, (rows, width)."""
        if not isinstance(column, NumericColumn):
            raise TableError([f'The column "{self.name}" holds words; the network learned it as numbers.'])
        values = np.where(column.missing, self.fill, column.values)
        inputs = [np.floor(values), values % 1.0] if self._has_times else [values]
        flags = [column.missing] if self.flag else []
        return np.stack([*inputs, *flags], axis=1).astype(np.float64 if self.double else np.float32)

    def card(self) -> dict[str, Any]:
        """Return the encoding as plain JSON; `double` only where it is one."""
        card = {"name": self.name, "kind": "numeric", "fill": self.fill, "flag": self.flag}
        return {**card, **_reading_card(self.reading), **({"double": True} if self.double else {})}

    @property
    def _has_times(self) -> bool:
        return self.reading is not None and self.reading.has_times


@dataclass(frozen=True, slots=True)
class CategoricalEncoding:
    """One input for each category of train, one for all `other` words if not all have one, and a last for missing.

    Without `other`, the last input is for unknown words as well. `reading` is how texts become words; models that are
    older than it have none.
    """

    name: str
    categories: tuple[str, ...]
    other: bool = False
    reading: Reading | None = None

    @classmethod
    def fit(cls, column: CategoricalColumn) -> "CategoricalEncoding":
        """Learn the categories from the training rows of a column: the most frequent ones, if they are too many."""
        counts = Counter(word for word in column.values if word is not None)
        common = sorted(counts, key=lambda word: (-counts[word], word))[:MOST_CATEGORIES]
        return cls(column.name, tuple(sorted(common)), len(counts) > len(common), column.reading)

    @property
    def width(self) -> int:
        """How many inputs it makes."""
        return len(self.categories) + self.other + 1

    def encode(self, column: Column) -> Inputs:
        """Return the inputs of a column, (rows, width)."""
        if not isinstance(column, CategoricalColumn):
            raise TableError([f'The column "{self.name}" holds numbers; the network learned it as words.'])
        place: dict[str | None, int] = {word: index for index, word in enumerate(self.categories)}
        unknown = len(self.categories)
        place[None] = unknown + self.other
        places = [place.get(word, unknown) for word in column.values]
        inputs = np.zeros((len(places), self.width), np.float32)
        inputs[np.arange(len(places)), places] = 1.0
        return inputs

    def card(self) -> dict[str, Any]:
        """Return the encoding as plain JSON."""
        card = {"name": self.name, "kind": "categorical", "categories": list(self.categories)}
        return {**card, **({"other": True} if self.other else {}), **_reading_card(self.reading)}


def _reading_card(reading: Reading | None) -> dict[str, Any]:
    return {"reading": reading.card()} if reading else {}


Encoding = NumericEncoding | CategoricalEncoding


def feature_faults(features: Table) -> list[TableFault]:
    """Return what keeps the columns of a whole table from being features."""
    if not features.columns:
        return [
            TableFault(
                "There is no column but the target, and group and order are no inputs. Add columns to predict it from."
            )
        ]
    return [TableFault(detail) for column in features.columns if (detail := _feature_fault(column))]


def _feature_fault(column: Column) -> str | None:
    if column.missing.all():
        return f"The column {quoted(column.name)} has no values at all. Leave it out."
    return _identifier_fault(column) if isinstance(column, CategoricalColumn) else None


def _identifier_fault(column: CategoricalColumn) -> str | None:
    counts = Counter(word for word in column.values if word is not None)
    different, cells, once = len(counts), counts.total(), sum(count == 1 for count in counts.values())
    name, way = quoted(column.name), "It looks like an identifier: leave it out with ignore."
    if different > MOST_CATEGORIES and 2 * once > cells:
        return f"The column {name} has {different:,} different words, and most cells hold one that comes once. {way}"
    if different == cells > MOST_UNREPEATED:
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
    double, nth, start = np.empty((rows, len(places))), {place: nth for nth, place in enumerate(places)}, 0
    for encoding, column in zip(encodings, columns, strict=True):  # in their place, or all would be there twice
        inputs = encoding.encode(column)
        x[:, start : start + encoding.width] = inputs
        if start in nth:
            double[:, nth[start]] = inputs[:, 0]
        start += encoding.width
    return Encoded(x, np.array(places, np.intp), double)


def rare_categories(encodings: Sequence[Encoding]) -> Iterator[Remark]:
    """Yield a remark on each column whose rarer words share one input."""
    for one in encodings:
        if isinstance(one, CategoricalEncoding) and one.other:
            begins = (
                f"The {len(one.categories):,} most frequent words of train have an input each, all others share one"
            )
            yield Remark("rare_categories", one.name, begins, ". Leave the columns out with ignore if they name rows.")


def from_card(card: Mapping[str, Any]) -> Encoding:
    """Return the encoding that `card` describes."""
    reading = reading_from_card(card["reading"]) if "reading" in card else None
    if card["kind"] == "numeric":
        double = card.get("double", False)
        return NumericEncoding(card["name"], float(card["fill"]), bool(card["flag"]), reading, double)
    return CategoricalEncoding(card["name"], tuple(card["categories"]), bool(card.get("other")), reading)
