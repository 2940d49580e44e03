"""A Parquet file opened without trusting it: the columns that are read, and whether they are small enough."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import pyarrow as pa
from pyarrow import parquet

from engine.data.files.header import Header, header_faults, without
from engine.data.files.parquet_columns import kind_of
from engine.data.notes import Note
from engine.data.quoting import quoted
from engine.data.table import MOST_COLUMNS, Faults, TableError

_INDEX = re.compile(r"__index_level_[0-9]+__")
_SMALLEST_CELL = 4  # bytes, float32

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ParquetFile:
    """An open file: the names of all its columns, and the places of those that are read."""

    header: Header
    rows: int
    _file: Any
    _fields: Sequence[Any]

    def column(self, place: int) -> Any:
        """Return a column, an array of Arrow in chunks. Raises TableError if it is damaged."""
        field = self._fields[place]
        table = _undamaged(lambda: self._file.read(columns=[field.name], use_threads=False))
        if table.num_rows != self.rows or field.name not in table.column_names:
            raise TableError([_damaged(f"the column {quoted(field.name)} is not whole")])
        return table.column(field.name)


def open_parquet(content: bytes, max_bytes: int, ignored: Collection[str]) -> ParquetFile:
    """Open a file, without the columns that are `ignored` and those that pandas keeps its index in.

    Raises TableError for what is no whole file, for types that no network learns, and for more than `max_bytes`.
    """
    file = _undamaged(lambda: parquet.ParquetFile(pa.BufferReader(content)))
    fields = _undamaged(lambda: list(file.schema_arrow))
    if len(fields) > MOST_COLUMNS:
        detail = f"The file has {len(fields):,} columns; at most {MOST_COLUMNS:,} are possible. Leave some out."
        raise TableError([detail])
    header = _header([field.name.strip() for field in fields], ignored)
    faults = Faults()
    faults.add(header_faults(header, ()))
    faults.add(_type_faults(fields, header))
    faults.refuse()
    faults.add(_size_faults(file, [fields[place].name for place in header.kept], max_bytes))
    faults.refuse()
    return ParquetFile(header, file.metadata.num_rows, file, fields)


def _header(names: Sequence[str], ignored: Collection[str]) -> Header:
    header = without(names, ignored, there=True)
    index = [place for place in header.kept if _INDEX.fullmatch(names[place])]
    if not index:
        return header
    kept = [place for place in header.kept if place not in index]
    detail = "The index of pandas was taken for the names or numbers of the rows, and left out."
    note = Note("row_names", tuple(names[place] for place in index), detail)
    return replace(header, kept=kept, notes=(*header.notes, note))


def _type_faults(fields: Sequence[Any], header: Header) -> Iterator[str]:
    for place in header.kept:
        if kind_of(fields[place].type) is None:
            found = f"The column {quoted(header.names[place])} has the type {str(fields[place].type)[:60]}"
            way = "Convert it to numbers, words or dates, or leave it out with ignore."
            yield f"{found}, which no network learns from. {way}"


def _size_faults(file: Any, names: Collection[str], max_bytes: int) -> Iterator[str]:
    """Yield a fault if the file declares more rows or bytes than are allowed: nothing of them has been read yet."""
    rows = file.metadata.num_rows
    if not rows:
        yield "The file has no rows. Add rows."
    most = max_bytes // _SMALLEST_CELL
    if rows * len(names) > most:
        size = f"{rows:,} rows of {len(names):,} columns; at most {most:,} cells are allowed"
        yield f"The file has {size}. Leave out rows, or columns with ignore."
        return
    leaves = {file.schema.column(place).path: place for place in range(len(file.schema))}
    places = [leaves[name] for name in names]
    groups = (file.metadata.row_group(group) for group in range(file.metadata.num_row_groups))
    size = sum(group.column(place).total_uncompressed_size for group in groups for place in places)
    if size > max_bytes:
        rule = f"{size:,} bytes when unpacked; at most {max_bytes:,} are allowed"
        yield f"The columns of the file take {rule}. Leave out rows, or columns with ignore."


def _undamaged(read: Callable[[], T]) -> T:
    try:
        return read()
    except MemoryError:  # Arrow's own is an error of Arrow as well
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        raise TableError([_damaged(str(error).splitlines()[0][:200] if str(error) else "no reason is known")]) from None


def _damaged(why: str) -> str:
    return f"The file is not a whole Parquet file: {why}. Write it again, and send it whole."
