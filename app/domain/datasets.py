"""Data sets: what is known of a table that networks train on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Task = Literal["binary", "multiclass", "regression"]


@dataclass(frozen=True, slots=True)
class Note:
    """Something that was guessed or left out; `code` is a fixed word, `detail` a sentence."""

    code: str
    columns: Sequence[str]
    detail: str


@dataclass(frozen=True, slots=True)
class DatasetSummary:
    """A prepared data set without its arrays: the rows of each part, the inputs and outputs of a network, and a card.

    `card` is plain JSON: the columns with their kinds, categories and fills, the classes, the split, what was
    inferred, how the parts drift apart, and the shape of the rows if they are images.
    """

    name: str
    sha256: str
    task: Task
    builtin: bool
    rows: Mapping[str, int]
    features: int
    outputs: int
    card: Mapping[str, object]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ColumnPreview:
    """A column as it was read, or the target: `kind` is numeric or categorical; `examples` are values of its rows.

    `missing` counts the rows without a value, `low` and `high` are the range of numbers; `different` counts the words
    that training would know, or the classes.
    """

    name: str
    kind: str
    missing: int
    low: float | None
    high: float | None
    different: int | None
    examples: Sequence[str | float]


@dataclass(frozen=True, slots=True)
class DatasetPreview:
    """What an upload would become: the rows of each part, the inputs and outputs of a network, target and columns.

    `more_columns` counts those that are not shown. The card has all the rest that the data set's would have.
    """

    task: Task
    rows: Mapping[str, int]
    features: int
    outputs: int
    target: ColumnPreview
    columns: Sequence[ColumnPreview]
    more_columns: int
    notes: Sequence[Note]
    card: Mapping[str, object]
