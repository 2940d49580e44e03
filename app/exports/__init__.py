"""Tables of results as files: rows that come in pages become bytes that can be sent as they come."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from app.exports import csv, jsonl, parquet
from app.exports.table import Column, Row

Writer = Callable[[Sequence[Column], Iterable[Sequence[Row]]], Iterator[bytes]]

FORMATS: Mapping[str, tuple[Writer, str]] = {
    "csv": (csv.write, "text/csv; charset=utf-8"),
    "jsonl": (jsonl.write, "application/x-ndjson"),
    "parquet": (parquet.write, "application/vnd.apache.parquet"),
}
"""What writes a format, and its media type."""
