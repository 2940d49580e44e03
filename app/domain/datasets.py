"""Data sets: what is known of a table that networks train on."""

from collections.abc import Mapping
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
