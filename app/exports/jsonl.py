"""Exports as JSON lines: an object for each row, null for what is missing."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from app.exports.table import Column, Row


def write(columns: Sequence[Column], pages: Iterable[Sequence[Row]]) -> Iterator[bytes]:
    """Yield the file page by page."""
    names = [column.name for column in columns]
    encoder = msgspec.json.Encoder()
    for page in pages:
        yield encoder.encode_lines(dict(zip(names, row, strict=True)) for row in page)
