"""Answers on data sets, and on how tables were read."""

from datetime import datetime
from typing import Any, Literal

from logsweep.answers import Answer


class Note(Answer):
    """Something that was guessed or left out."""

    code: str
    columns: list[str]
    detail: str


class DatasetSummary(Answer):
    """A prepared data set: the rows of each part, what a network gets and gives, and its card."""

    name: str
    sha256: str
    task: Literal["binary", "multiclass", "regression"]
    builtin: bool
    rows: dict[str, int]
    features: int
    outputs: int
    card: dict[str, Any]
    created_at: datetime


class ColumnPreview(Answer):
    """A column as it was read."""

    name: str
    kind: str
    missing: int
    low: float | None
    high: float | None
    different: int | None
    examples: list[str | float]


class DatasetPreview(Answer):
    """What an upload would become."""

    task: Literal["binary", "multiclass", "regression"]
    rows: dict[str, int]
    features: int
    outputs: int
    target: ColumnPreview
    columns: list[ColumnPreview]
    more_columns: int
    notes: list[Note]
    card: dict[str, Any]
