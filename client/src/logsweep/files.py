"""Where an answer goes while it is read: into memory, or into a file that is there whole or not at all."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from io import BytesIO
from pathlib import Path
from typing import BinaryIO


@contextmanager
def written(file: Path) -> Iterator[BinaryIO]:
    """Yield what becomes the file once all of it was written; what breaks off leaves nothing behind."""
    partial = file.with_name(f"{file.name}.partial")
    try:
        with partial.open("wb") as stream:
            yield stream
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)


def sink(file: Path | None) -> AbstractContextManager[BinaryIO]:
    """Return what an answer is written to: a file, or memory where there is none."""
    return nullcontext(BytesIO()) if file is None else written(file)


def in_memory(sink: BinaryIO) -> bytes:
    """Return what was written to memory; nothing of a file."""
    return sink.getvalue() if isinstance(sink, BytesIO) else b""
