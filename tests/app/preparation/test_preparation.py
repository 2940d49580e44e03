"""Tests of uploads prepared in a process of their own: the same as here, within limits, a few at a time."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.errors import DiskFull, Fault, InvalidRequest, Unavailable
from app.domain.uploads import SentFile, SentFiles, UploadForm
from app.preparation.preparation import Limits, Preparation
from app.preparation.uploads import prepare_upload
from tests.disk.limits import files_of_at_most

MEBIBYTE = 1 << 20
TABLE = 64 * MEBIBYTE
LIMITS = Limits(TABLE, 1024 * MEBIBYTE, 120.0)
FORM = UploadForm("mine", "y", ignore=["id"])
FILES = SentFiles(SentFile("täble.csv", b"id,n,y\n" + b"".join(b"i,%d,%d\n" % (n, n % 2) for n in range(40))))


def faults_of(limits: Limits, files: SentFiles, form: UploadForm = FORM) -> Sequence[Fault]:
    with pytest.raises(InvalidRequest) as caught, Preparation(limits, 1).prepare(files, form):
        pass
    return caught.value.faults


def sha256_of(preparation: Preparation) -> str:
    with preparation.prepare(FILES, FORM) as found:
        return found.sha256


def test_an_upload_is_prepared_elsewhere_as_it_would_be_here() -> None:
    here = prepare_upload(FILES, FORM, max_table_bytes=TABLE)
    with Preparation(LIMITS, 1).prepare(FILES, FORM) as found:
        assert replace(found, source=found.content) == here


def test_what_was_prepared_is_in_a_file_that_is_gone_in_the_end() -> None:
    with Preparation(LIMITS, 1).prepare(FILES, FORM) as found:
        assert isinstance(found.source, Path)
        assert found.source.is_file()
    assert not found.source.parent.exists()


def test_a_turn_is_over_once_the_upload_is_prepared() -> None:
    preparation = Preparation(Limits(TABLE, 1024 * MEBIBYTE, 20.0), 1)
    with preparation.prepare(FILES, FORM) as first, preparation.prepare(FILES, FORM) as second:
        assert first.sha256 == second.sha256


def test_faults_come_back_as_they_would_here() -> None:
    files, form = SentFiles(FILES.file, SentFile("\ud800.xls", b"")), UploadForm("mine", "z", split="half")
    with pytest.raises(InvalidRequest) as caught:
        prepare_upload(files, form, max_table_bytes=TABLE)
    assert faults_of(LIMITS, files, form) == caught.value.faults


def test_too_much_memory_is_a_fault_that_says_the_limit_and_the_way_out() -> None:
    words = b"".join(b"word number %d,%d\n" % (n, n % 2) for n in range(600_000))
    (fault,) = faults_of(Limits(TABLE, 96 * MEBIBYTE, 120.0), SentFiles(SentFile("t.csv", b"w,y\n" + words)))
    assert fault.pointer == "/file"
    assert fault.detail.startswith("Reading the files took more than 100,663,296 bytes of memory, the most that is")
    assert fault.detail.endswith("or have LOGSWEEP_READING_BYTES of the server raised.")


def test_a_disk_without_room_for_what_is_prepared_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    sent = max(len(one.content) for one in FILES.by_field().values())
    with (
        files_of_at_most(sent + 1000),
        pytest.raises(DiskFull, match="no room in the folder for temporary files"),
        Preparation(LIMITS, 1).prepare(FILES, FORM),
    ):
        pytest.fail("it was prepared")
    assert list(tmp_path.iterdir()) == []


def test_too_much_time_is_a_fault_that_says_the_limit_and_the_way_out() -> None:
    (fault,) = faults_of(Limits(TABLE, 1024 * MEBIBYTE, 0.001), FILES)
    assert fault == Fault(
        "/file",
        "Reading the files took more than 0.001 s, the most that is allowed. Leave out rows or columns, or have "
        "LOGSWEEP_READING_SECONDS of the server raised.",
    )


def test_uploads_wait_for_their_turn_and_all_are_read() -> None:
    preparation = Preparation(LIMITS, 1)
    with ThreadPoolExecutor(3) as threads:
        found = list(threads.map(lambda _: sha256_of(preparation), range(3)))
    assert len(set(found)) == 1


def test_an_upload_that_would_wait_too_long_is_told_to_come_again() -> None:
    preparation = Preparation(Limits(TABLE, 1024 * MEBIBYTE, 0.001), 0)
    with pytest.raises(Unavailable):
        sha256_of(preparation)


def test_a_library_that_a_file_brings_down_ends_neither_the_server_nor_without_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyarrow.py").write_text("import os\nos.abort()")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))  # the process that reads looks there first
    (fault,) = faults_of(LIMITS, SentFiles(SentFile("t.parquet", b"PAR1")))
    assert fault.detail.startswith("Reading the files ended with the signal SIGABRT: a file is damaged, or takes more")
