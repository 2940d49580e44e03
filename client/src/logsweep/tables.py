"""Tables that go to the server: files, frames of pandas and of polars, records."""

import io
import math
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Protocol, TypeAlias, runtime_checkable

from logsweep.calls import plain


@runtime_checkable
class PandasFrame(Protocol):
    """A frame of pandas, without importing it."""

    def to_csv(self, path: Any = None, *, index: bool = True) -> Any:
        """Write the frame as CSV."""


@runtime_checkable
class PolarsFrame(Protocol):
    """A frame of polars, without importing it."""

    def write_csv(self, file: Any = None) -> Any:
        """Write the frame as CSV."""


Frame: TypeAlias = PandasFrame | PolarsFrame
Table: TypeAlias = Frame | str | PathLike[str]
Rows: TypeAlias = Frame | Iterable[Mapping[str, Any]]

_WRITTEN = {"separator": "comma", "header": "first", "decimal": "point", "thousands": "none", "missing": ""}
"""How a frame is written, so that nothing has to be found out: an empty cell alone is missing."""


def sent(table: Table) -> tuple[str, bytes | Path]:
    """Return the name of a table as a file, and its bytes or where they are. Raises TypeError."""
    if isinstance(table, str | PathLike):
        return Path(table).name, Path(table)
    return "frame.csv", _csv(table).encode()


def _csv(frame: object) -> str:
    if isinstance(frame, PolarsFrame):
        written = io.BytesIO()
        frame.write_csv(written)
        return written.getvalue().decode()
    if isinstance(frame, PandasFrame):
        return str(frame.to_csv(index=False))
    raise TypeError(f"A {type(frame).__name__} is no table. Give a frame of pandas or polars, or the path of a file.")


def fields_of(tables: Sequence[Table], target: object) -> dict[str, Any]:
    """Return what frames say of themselves as fields of an upload; where there are files too, nothing."""
    if any(isinstance(table, str | PathLike) for table in tables):
        return {}
    kinds = _kinds(tables[0])
    categorical = [name for name, kind in kinds.items() if kind in {"category", "Categorical", "Enum"}]
    fields: dict[str, Any] = dict(_WRITTEN)
    if inputs := [name for name in categorical if name != target]:
        fields["categorical"] = inputs
    if target in categorical:
        fields["task"] = "classification"
    return fields


def _kinds(frame: Any) -> dict[str, str]:
    """Return the name of each column's type, without what is in brackets."""
    return {str(name): str(frame[name].dtype).partition("(")[0] for name in frame.columns}


def records(rows: Rows) -> list[dict[str, Any]]:
    """Return rows as records of JSON: what is missing is None; truth values of a frame are the words of its CSV."""
    if isinstance(rows, PolarsFrame):
        found: Iterable[Mapping[str, Any]] = rows.to_dicts()  # type: ignore[attr-defined]
        words = {True: "true", False: "false"}
    elif isinstance(rows, PandasFrame):
        found = rows.to_dict(orient="records")  # type: ignore[attr-defined]
        words = {True: "True", False: "False"}
    else:
        found, words = rows, {}
    return [{str(name): _cell(value, words) for name, value in row.items()} for row in found]


def _cell(value: Any, words: Mapping[bool, str]) -> Any:
    """Return a cell as JSON has it: NaN, and what frames have in its place, is None."""
    if type(value).__name__ in {"NAType", "NaTType"}:
        return None
    value = plain(value)
    if isinstance(value, bool):
        return words.get(value, value)
    return None if isinstance(value, float) and math.isnan(value) else value
