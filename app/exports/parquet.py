"""Exports as Parquet: a row group for each page; values of several kinds are JSON text."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, final

from app.exports.table import Column, Row

if TYPE_CHECKING:
    import pyarrow as pa


def write(columns: Sequence[Column], pages: Iterable[Sequence[Row]]) -> Iterator[bytes]:
    """Yield the file piece by piece. Raises ImportError before the first one where the extra `parquet` is missing."""
    import pyarrow as pa  # noqa: PLC0415  # an extra
    from pyarrow import parquet  # noqa: PLC0415

    types = {"int": pa.int64(), "float": pa.float64(), "text": pa.string(), "json": pa.string()}
    types["time"] = pa.timestamp("us", tz="UTC")
    schema = pa.schema([(column.name, types[column.kind]) for column in columns])
    return _groups(columns, pages, schema, parquet.ParquetWriter)


def _groups(
    columns: Sequence[Column], pages: Iterable[Sequence[Row]], schema: "pa.Schema", writer: Any
) -> Iterator[bytes]:
    sink = _Sink()
    with writer(sink, schema) as file:
        for page in pages:
            file.write_table(_table(columns, page, schema))
            yield sink.taken()
    yield sink.taken()


def _table(columns: Sequence[Column], page: Sequence[Row], schema: "pa.Schema") -> "pa.Table":
    lists = [[_value(column, row[place]) for row in page] for place, column in enumerate(columns)]
    return schema.empty_table().from_pydict(dict(zip(schema.names, lists, strict=True)), schema=schema)


def _value(column: Column, value: Any) -> Any:
    return json.dumps(value) if column.kind == "json" and value is not None else value


@final
class _Sink:
    """A file that is sent while it is written."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._length = 0
        self.closed = False

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        self._length += len(piece)
        return len(piece)

    def tell(self) -> int:
        return self._length

    def flush(self) -> None:
        """Do nothing: what was written is there."""

    def close(self) -> None:
        self.closed = True

    def taken(self) -> bytes:
        """Return what was written since the last time."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
