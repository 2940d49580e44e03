"""A look at a prepared data set: what each column became, and what it holds."""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from app.domain.datasets import ColumnPreview, DatasetPreview, Note
from app.preparation.datasets import PreparedDataset
from engine.data import Dataset
from engine.data.encoding import CategoricalEncoding, Encoding, from_card
from engine.data.part_tables import PARTS

T = TypeVar("T")

MOST_COLUMNS = 100
"""Columns that are shown; the others are counted."""

EXAMPLES = 5

_ROWS_LOOKED_AT = 1000
"""Rows among which different examples are looked for."""


def preview(prepared: PreparedDataset) -> DatasetPreview:
    """Return the preview of a data set, of bounded size however many columns it has."""
    dataset, card = Dataset.from_bytes(prepared.content), dict[str, Any](prepared.card)
    columns: Sequence[dict[str, Any]] = card.pop("columns")
    shown, start = list[ColumnPreview](), 0
    for column in columns[:MOST_COLUMNS]:
        encoding = from_card(column)
        inputs = [dataset.inputs(part).numbers(start, start + encoding.width) for part in PARTS]
        shown.append(_column(encoding, column["missing"], inputs))
        start += encoding.width
    return DatasetPreview(
        task=prepared.task,
        rows=prepared.rows,
        features=prepared.features,
        outputs=prepared.outputs,
        target=_target(dataset),
        columns=shown,
        more_columns=len(columns) - len(shown),
        notes=[Note(**note) for note in card.pop("notes")],
        card=card,
    )


def _column(encoding: Encoding, missing: int, inputs: Sequence[NDArray[Any]]) -> ColumnPreview:
    """Return a column, given its inputs in each part, (rows, width)."""
    if isinstance(encoding, CategoricalEncoding):
        words = encoding.categories
        seen = (words[place] for place in inputs[0].argmax(axis=1) if place < len(words))
        return ColumnPreview(encoding.name, "categorical", missing, None, None, len(words), _first_different(seen))
    there = [part[:, 0][part[:, -1] == 0.0] if encoding.flag else part[:, 0] for part in inputs]
    return _numeric(encoding.name, missing, np.concatenate(there))


def _target(dataset: Dataset) -> ColumnPreview:
    name, parts = dataset.card["target"], [getattr(dataset, f"y_{part}") for part in PARTS]
    if dataset.task == "regression":
        return _numeric(name, 0, np.concatenate(parts))
    classes = dataset.classes
    return ColumnPreview(name, "categorical", 0, None, None, len(classes), classes[:EXAMPLES])


def _numeric(name: str, missing: int, values: NDArray[Any]) -> ColumnPreview:
    low, high = (_shortest(values.min()), _shortest(values.max())) if len(values) else (None, None)
    return ColumnPreview(name, "numeric", missing, low, high, None, _first_different(map(_shortest, values)))


def _first_different(values: Iterable[T]) -> list[T]:
    return list(dict.fromkeys(islice(values, _ROWS_LOOKED_AT)))[:EXAMPLES]


def _shortest(value: np.number[Any]) -> float:
    """Return a number as the file wrote it: 0.1, not what float32 makes of it in float64."""
    return float(str(value))
