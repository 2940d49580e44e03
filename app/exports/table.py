"""What is exported: columns of one kind each, and rows in their order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["int", "float", "text", "time", "json"]

Row = Sequence[Any]
"""A value for each column; None where there is none."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column; values of kind `json` are lists, or of several kinds, and are written as JSON text."""

    name: str
    kind: Kind
