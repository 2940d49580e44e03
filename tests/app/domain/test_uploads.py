"""Tests of uploads as they were sent."""

import io
import tracemalloc
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from app.domain.uploads import PIECE, AnyFile, ReceivedFile, SentFile, SentFiles, StoredFile, UploadForm, upload_hash

FILES = SentFiles(SentFile("t.csv", b"a,y\n1,2\n"))
FORM = UploadForm("mine", "y")


def test_an_upload_with_nothing_but_a_target_has_the_hash_that_it_always_had() -> None:
    assert upload_hash(FILES, FORM) == "a89b2b5abcc4a02530c894c6604ada5f7b403ca3f8f4a393281c96f53bd0d945"


@pytest.mark.parametrize(
    ("files", "form"),
    [
        (FILES, replace(FORM, name="yours")),
        (SentFiles(SentFile("other.CSV", FILES.file.content)), FORM),
        (FILES, UploadForm("mine", "y", categorical=[])),
    ],
)
def test_names_and_fields_that_say_nothing_do_not_count(files: SentFiles, form: UploadForm) -> None:
    assert upload_hash(files, form) == upload_hash(FILES, FORM)


def test_the_order_of_columns_does_not_count() -> None:
    assert upload_hash(FILES, replace(FORM, ignore=["a", "b"])) == upload_hash(FILES, replace(FORM, ignore=["b", "a"]))


@pytest.mark.parametrize("field", [field.name for field in fields(UploadForm) if field.name != "name"])
def test_every_field_of_the_form_counts(field: str) -> None:
    said: dict[str, Any] = {field: ["a"] if field in ("categorical", "ignore", "missing") else "a"}
    assert upload_hash(FILES, UploadForm("mine", **said)) != upload_hash(FILES, UploadForm("mine"))


def test_no_missing_tokens_at_all_are_not_the_usual_ones() -> None:
    assert upload_hash(FILES, replace(FORM, missing=[])) != upload_hash(FILES, FORM)


@pytest.mark.parametrize(
    "files",
    [
        SentFiles(SentFile("t.csv", b"a,y\n1,3\n")),
        SentFiles(SentFile("t.csv.gz", FILES.file.content)),
        SentFiles(SentFile("t.gz", FILES.file.content)),
        SentFiles(FILES.file, dev_file=FILES.file),
        SentFiles(FILES.file, test_file=FILES.file),
    ],
)
def test_files_count_by_their_content_their_format_and_their_part(files: SentFiles) -> None:
    assert upload_hash(files, FORM) != upload_hash(FILES, FORM)


def as_sent(content: bytes, held: str, folder: Path) -> AnyFile:
    path = folder / "sent"
    path.write_bytes(content)
    forms: dict[str, AnyFile] = {
        "in memory": SentFile("t.csv", content),
        "on disk": StoredFile("t.csv", path),
        "received": ReceivedFile("t.csv", io.BytesIO(content)),
    }
    return forms[held]


@pytest.mark.parametrize("held", ["in memory", "on disk", "received"])
@pytest.mark.parametrize("size", [0, 1, PIECE, 2 * PIECE + 3])
def test_pieces_are_the_content_wherever_a_file_is_held_and_however_often(tmp_path: Path, held: str, size: int) -> None:
    content = bytes(range(251)) * (size // 251) + bytes(size % 251)
    sent = as_sent(content, held, tmp_path)
    for _ in range(2):
        assert b"".join(sent.pieces()) == sent.content == content
    assert upload_hash(SentFiles(sent), FORM) == upload_hash(SentFiles(SentFile("t.csv", content)), FORM)


def test_the_hash_of_an_upload_takes_no_memory_of_the_size_of_its_files(tmp_path: Path) -> None:
    sent = as_sent(bytes(16 * PIECE), "on disk", tmp_path)
    tracemalloc.start()
    try:
        upload_hash(SentFiles(sent), FORM)
        assert tracemalloc.get_traced_memory()[1] < 4 * PIECE
    finally:
        tracemalloc.stop()
