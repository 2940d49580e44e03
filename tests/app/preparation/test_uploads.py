"""Tests of uploads: whatever is sent becomes a data set, or sentences with their places."""

import gzip
import hashlib
import json

import pytest

from app.domain.errors import Fault, InvalidRequest
from engine.data import Dataset
from tests.app.preparation.upload_files import CSV, FILES, faults_of, npz, upload


def test_a_prepared_upload_tells_its_rows_features_outputs_and_hash() -> None:
    prepared = upload("table.csv", CSV)
    assert prepared.sha256 == hashlib.sha256(prepared.content).hexdigest()
    assert (prepared.task, prepared.features, prepared.outputs) == ("binary", 4, 1)
    assert dict(prepared.rows) == {"train": 21, "dev": 5, "test": 4}
    assert Dataset.from_bytes(prepared.content).x_train.shape == (21, 4)
    json.dumps(dict(prepared.card), allow_nan=False)


def test_the_same_table_gives_the_same_bytes_plain_and_gzipped() -> None:
    plain, zipped = (upload(name, FILES[name]) for name in ("table.csv", "table.csv.gz"))
    assert plain == zipped == upload("Other.CSV", CSV)


def test_the_outputs_are_the_classes_where_there_are_more_than_two() -> None:
    text = "n,y\n" + "".join(f"{index},{index % 3}\n" for index in range(30))
    assert upload("t.csv", text.encode()).outputs == 3
    regression = upload("t.csv", text.encode(), task="regression")
    assert (regression.task, regression.outputs) == ("regression", 1)


def test_an_npz_file_needs_no_target() -> None:
    assert upload("table.npz", npz(), target=None) == upload("table.npz", npz(), target="y")


@pytest.mark.parametrize(
    ("filename", "content", "rule"),
    [
        ("table.xlsx", CSV, "does not say what it is. Use .csv, .tsv or .txt, each also with .gz, .npz or .parquet"),
        ("", CSV, "does not say what it is"),
        ("table.csv", npz(), "not CSV but a zip archive by its content"),
        ("table.npz", CSV, "not an NPZ file by its content"),
        ("table.npz", b"", "not an NPZ file by its content"),
        ("table.csv", b"", "The file is empty"),
        ("table.npz", npz()[:-9], "not a whole NPZ file"),
        ("table.csv.gz", gzip.compress(CSV, mtime=0)[:-9], "gzip file is broken"),
        ("table.csv", b"a,y\n1,1\n2\n", "Line 3 has 1 cells"),
        ("table.csv", b"y\n1\n0\n", "There is no column but the target"),
        ("table.csv", b"a,y\n1,1\n2,\n", "is missing in line 3"),
    ],
)
def test_faults_of_the_file_point_to_the_file(filename: str, content: bytes, rule: str) -> None:
    ((pointer, detail),) = faults_of(filename, content)
    assert pointer == "/file"
    assert rule in detail


@pytest.mark.parametrize(
    ("target", "rule"),
    [
        (None, "The target is missing: name the column"),
        ("", "The target is missing: name the column"),
        ("z", 'There is no column "z". The columns are: "n", "w", "y".'),
    ],
)
def test_faults_of_the_target_point_to_the_target(target: str | None, rule: str) -> None:
    ((pointer, detail),) = faults_of("table.csv", CSV, target=target)
    assert pointer == "/target"
    assert rule in detail


def test_a_target_with_one_class_points_to_the_target() -> None:
    assert faults_of("t.csv", b"a,y\n" + b"1,x\n" * 9)[0][0] == "/target"


def test_a_cell_that_holds_the_name_of_the_target_still_points_to_the_file() -> None:
    assert [pointer for pointer, _ in faults_of("t.csv", b"a,y\n1,1\n2,0\ny,1\n")] == ["/file"]


def test_an_unknown_categorical_column_points_to_its_own_field() -> None:
    with pytest.raises(InvalidRequest) as caught:
        upload("t.csv", CSV, target="z", categorical=("w", "v"))
    assert [fault.pointer for fault in caught.value.faults] == ["/categorical", "/target"]


def test_all_faults_of_the_form_come_together() -> None:
    with pytest.raises(InvalidRequest) as caught:
        upload("table.npz", CSV, target="z", task="ranking", categorical=("w",))
    assert caught.value.faults == (
        Fault(
            "/file",
            'The file "table.npz" is not an NPZ file by its content. Write it with numpy.savez, or give it the ending '
            ".csv.",
        ),
        Fault("/target", 'The target "z" is not possible: in an NPZ file it is "y". Leave it out.'),
        Fault("/categorical", "An NPZ file has no categorical columns, but w was named. Leave it out."),
        Fault("/task", 'The task "ranking" is not known: it must be one of classification, regression.'),
    )


def test_a_small_file_that_becomes_a_large_table_is_refused() -> None:
    text = "w,y\n" + "".join(f"w{index % 300},{index % 2}\n" for index in range(4000))
    assert "4,000 rows of 301 inputs" in faults_of("t.csv", text.encode())[0][1]
