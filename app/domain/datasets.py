"""Data sets: what is known of a table that networks train on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Task = Literal["binary", "multiclass", "regression"]


@dataclass(frozen=True, slots=True)
class DatasetSummary:
    """A prepared data set without its arrays.

    `card` is plain JSON: the columns with their kinds, categories and fills, the classes, the split, what was
    inferred, how the parts drift apart, and the shape of the rows if they are images; `rows` counts the rows of each
    part (train, dev, test); `features` are the network's inputs.
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
    """A column as it was read, or the target: `kind` is numeric or categorical.

    `low` and `high` are the range of numbers, `different` counts words or classes; `examples` are values of its rows.
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
    """What an upload would become; `more_columns` are not among the `columns`, nor is any on the `card`."""

    task: Task
    rows: Mapping[str, int]
    features: int
    outputs: int
    target: ColumnPreview
    columns: Sequence[ColumnPreview]
    more_columns: int
    notes: Sequence[Mapping[str, object]]
    card: Mapping[str, object]
