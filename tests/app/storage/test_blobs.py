"""Tests of contents that are written and read piece by piece."""

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.errors import NotFound
from app.storage import Storage
from app.storage.blobs import PIECE
from tests.app.storage.world import DATASET

SIZES = (0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 17)


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    opened = Storage(tmp_path)
    yield opened
    opened.close()


def content_of(size: int) -> bytes:
    return bytes(range(251)) * (size // 251) + bytes(size % 251)


def source_of(content: bytes, held: str, folder: Path) -> bytes | Path:
    if held == "in memory":
        return content
    path = folder / "content"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("held", ["in memory", "in a file"])
@pytest.mark.parametrize("size", SIZES)
def test_a_content_of_any_size_comes_back_whole_and_in_pieces(
    storage: Storage, tmp_path: Path, size: int, held: str
) -> None:
    content = content_of(size)
    storage.add_dataset(DATASET, source_of(content, held, tmp_path), "ef" * 32)
    assert storage.content_of(DATASET.sha256) == content
    assert storage.content_size(DATASET.sha256) == size
    pieces = list(storage.content_pieces(DATASET.sha256))
    assert b"".join(pieces) == content
    assert all(len(piece) <= PIECE for piece in pieces)


def test_a_content_that_is_there_already_stays_as_it_is(storage: Storage) -> None:
    storage.add_dataset(DATASET, b"content", "ef" * 32)
    storage.add_dataset(replace(DATASET, name="again"), b"another", "ab" * 32)
    assert storage.content_of(DATASET.sha256) == b"content"


def test_the_size_of_an_unknown_content_is_not_found(storage: Storage) -> None:
    with pytest.raises(NotFound):
        storage.content_size("cd" * 32)


@pytest.mark.parametrize("held", ["in memory", "in a file"])
def test_writing_and_reading_in_pieces_take_no_memory_of_the_size_of_the_content(
    storage: Storage, tmp_path: Path, held: str
) -> None:
    content = content_of(16 * PIECE)
    source = source_of(content, held, tmp_path)
    tracemalloc.start()
    try:
        storage.add_dataset(DATASET, source, "ef" * 32)
        assert sum(len(piece) for piece in storage.content_pieces(DATASET.sha256)) == len(content)
        assert tracemalloc.get_traced_memory()[1] < 4 * PIECE
    finally:
        tracemalloc.stop()
