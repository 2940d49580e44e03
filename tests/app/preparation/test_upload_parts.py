"""Tests of the parts of uploads: split from the first file, or sent as files or arrays of their own."""

import gzip
from typing import Any

import numpy as np
import pytest

from app.domain.errors import Fault, InvalidRequest
from app.domain.uploads import SentFile, SentFiles, UploadForm
from app.preparation.datasets import PreparedDataset
from app.preparation.uploads import prepare_upload
from engine.data import Dataset
from tests.app.preparation.upload_files import CSV, LIMIT, arrays, csv, faults_of, faults_of_all, images, npz


def test_a_group_may_be_named_by_numbers_and_by_words() -> None:
    rows = "".join(f"{'' if row // 3 % 3 else 'P'}{row // 3},{row * 7 % 11},{row % 2}\n" for row in range(90))
    form = UploadForm("mine", "y", group="patient")
    files = SentFiles(csv("patient,n,y\n" + rows))
    assert dict(prepare_upload(files, form, max_table_bytes=LIMIT).rows) == {"train": 63, "dev": 15, "test": 12}


def test_too_few_rows_for_the_parts_are_a_fault_of_the_split() -> None:
    ((pointer, detail),) = faults_of("table.csv", b"a,y\n1,1\n2,0\n")
    assert (pointer, "too few to cut by the split 0.7, 0.15, 0.15" in detail) == ("/split", True)


DEV = csv('w,y,n\n"b",1,7\nc,0,\n')


def test_dev_and_test_may_come_as_files_of_their_own_with_their_columns_in_any_order() -> None:
    zipped = SentFile("dev.csv.gz", gzip.compress(DEV.content, mtime=0))
    files = SentFiles(SentFile("table.csv", CSV), zipped, DEV)
    prepared = prepare_upload(files, UploadForm("mine", "y"), max_table_bytes=LIMIT)
    assert prepared.rows == {"train": 30, "dev": 2, "test": 2}
    dataset = Dataset.from_bytes(prepared.content)
    assert dataset.x_dev.tolist() == dataset.x_test.tolist() == [[7.0, 0.0, 1.0, 0.0], [15.0, 0.0, 0.0, 1.0]]
    assert dataset.y_dev.tolist() == [1, 0]


def test_npz_files_may_be_dev_and_test_as_well() -> None:
    first = SentFile("table.npz", npz())
    prepared = prepare_upload(SentFiles(first, first), UploadForm("mine", split="0.8,0,0.2"), max_table_bytes=LIMIT)
    assert prepared.rows == {"train": 24, "dev": 30, "test": 6}


def test_a_column_is_categorical_in_every_file_if_it_is_said_so_or_is_so_in_the_first() -> None:
    first, dev = csv("n,w,y\n" + "1,a,0\n2,7,1\n3,a,0\n" * 9), csv("n,w,y\n1,7,0\n2,7,1\n")
    form = UploadForm("mine", "y", categorical=["n"])
    dataset = Dataset.from_bytes(prepare_upload(SentFiles(first, dev), form, max_table_bytes=LIMIT).content)
    assert dataset.x_dev.tolist() == [[1, 0, 0, 0, 1, 0, 0], [0, 1, 0, 0, 1, 0, 0]]


def test_the_split_and_its_seed_decide_what_becomes_of_the_rows() -> None:
    def split(**said: Any) -> PreparedDataset:
        form = UploadForm("mine", "y", **said)
        return prepare_upload(SentFiles(SentFile("table.csv", CSV)), form, max_table_bytes=LIMIT)

    assert split(split="0.8, 0.2, 0").rows == {"train": 24, "dev": 6, "test": 0}
    assert split(split="0.7,0.15,0.15") == split()
    assert split(split_seed="1").rows == split().rows
    assert split(split_seed="1").sha256 != split().sha256


@pytest.mark.parametrize("text", ["", "0.7", "0.7,0.3", "0.7,0.15,0.1,0.05", "a,b,c", "0.7;0.15;0.15", "0.7,,0.3"])
def test_a_split_that_is_not_three_numbers_is_refused(text: str) -> None:
    (fault,) = faults_of_all(None, None, split=text)
    assert fault == Fault(
        "/split",
        f'The split "{text}" is not possible: it must be the three shares of train, dev and test, such as '
        '"0.7,0.15,0.15".',
    )


@pytest.mark.parametrize(
    ("text", "dev", "rules"),
    [
        ("0.5,0.5,0.5", None, ["sums to 1.5"]),
        ("0.8,0.4,-0.2", None, ["negative or no number"]),
        ("nan,0.5,0.5", None, ["negative or no number"]),
        ("0.8,0,0.2", None, ["leaves nothing to choose by"]),
        ("0,0.8,0.2", None, ["leaves nothing to train on"]),
        ("0.8,0.2,0", DEV, ["cuts dev from the training table"]),
    ],
)
def test_a_split_that_makes_no_sense_is_refused(text: str, dev: SentFile | None, rules: list[str]) -> None:
    faults = faults_of_all(dev, None, split=text)
    assert [fault.pointer for fault in faults] == ["/split"] * len(rules)
    assert all(rule in fault.detail for fault, rule in zip(faults, rules, strict=True))


def test_faults_of_all_files_that_cannot_be_read_come_together_with_those_of_the_form() -> None:
    faults = faults_of_all(csv("n,w,y\n1,a\n"), csv("", "test.csv"), task="ranking", split="half", image="8 by 8")
    assert [fault.pointer for fault in faults] == ["/dev_file", "/test_file", "/task", "/split", "/image"]
    assert "Line 2 has 2 cells" in faults[0].detail
    assert "The file is empty" in faults[1].detail


def test_faults_of_what_the_files_hold_come_together() -> None:
    dev, test = csv("n,y,z\nx,0,1\ny,0,1\n"), csv("n,w,y\n1,a,0\n1,a,2\n1,a,\n")
    faults = faults_of_all(dev, test, split="0.5,0.5,0", image="2x1")
    assert [fault.pointer for fault in faults] == ["/split", "/image", "/image", *["/dev_file"] * 3, "/test_file"]
    assert [fault.detail for fault in faults[3:]] == [
        'The column "n" holds words like "x" in the dev table and numbers in the training table. Mend its cells, or '
        "name it in categorical.",
        'The dev table has no column "w", and the training table has. Add it.',
        'The dev table has a column "z", and the training table has not. Leave it out.',
        'The target "y" is missing in line 4. Fill it in, leave such rows out with missing_target=drop, or '
        "say with missing what counts as missing, if it is a class.",
    ]


def test_other_files_are_read_for_faults_even_if_the_first_cannot_be() -> None:
    files = SentFiles(csv("", "table.dat"), csv("n,w,y\n1,a\n"), SentFile("t.npz", CSV))
    with pytest.raises(InvalidRequest) as caught:
        prepare_upload(files, UploadForm("mine", "y"), max_table_bytes=LIMIT)
    assert [fault.pointer for fault in caught.value.faults] == ["/file", "/dev_file", "/test_file"]


def test_files_of_different_formats_are_refused() -> None:
    (fault,) = faults_of_all(SentFile("dev.npz", npz()), None)
    assert fault == Fault(
        "/dev_file",
        'The files "dev.npz" and "table.csv" are of different formats: send all as CSV, all as NPZ, or all as Parquet.',
    )


def parts(train: int, *others: tuple[str, int]) -> dict[str, Any]:
    """Arrays of parts with so many rows each; all bytes of a part are its number."""
    sizes = [("train", train), *others]
    x = {f"x_{name}": np.full((rows, 2, 3), 10 * place, np.uint8) for place, (name, rows) in enumerate(sizes)}
    return x | {f"y_{name}": (np.arange(rows) % 2)[:, np.newaxis] for name, rows in sizes}


@pytest.mark.parametrize(
    ("others", "rows", "separate"),
    [
        ([("test", 6)], {"train": 34, "dev": 6, "test": 6}, ["test"]),
        ([("val", 4), ("test", 6)], {"train": 40, "dev": 4, "test": 6}, ["dev", "test"]),
        ([("dev", 4)], {"train": 40, "dev": 4, "test": 0}, ["dev"]),
    ],
)
def test_a_file_with_parts_of_its_own_is_cut_as_separate_files_are(others: Any, rows: Any, separate: Any) -> None:
    prepared = prepare_upload(SentFiles(arrays(**parts(40, *others))), UploadForm("mine"), max_table_bytes=LIMIT)
    split: Any = prepared.card["split"]
    assert (split["rows"], split["separate"]) == (rows, separate)
    dataset = Dataset.from_bytes(prepared.content)
    for place, (name, count) in enumerate(others, start=1):
        part = {"val": "dev"}.get(name, name)
        np.testing.assert_array_equal(getattr(dataset, f"x_{part}"), np.full((count, 6), 10 * place))


def test_faults_of_parts_in_one_file_are_about_that_file() -> None:
    given = parts(40, ("test", 6)) | {"y_test": np.arange(6)}
    with pytest.raises(InvalidRequest) as caught:
        prepare_upload(SentFiles(arrays(**given)), UploadForm("mine"), max_table_bytes=LIMIT)
    assert {fault.pointer for fault in caught.value.faults} == {"/file"}
    assert 'The test table has the class "2"' in caught.value.faults[0].detail


def test_a_part_is_in_one_file_alone() -> None:
    first, plain = arrays(**parts(40, ("test", 6))), images(6, 2, 3)
    with pytest.raises(InvalidRequest) as caught:
        prepare_upload(SentFiles(first, first, plain), UploadForm("mine"), max_table_bytes=LIMIT)
    assert caught.value.faults == (
        Fault(
            "/dev_file",
            "An NPZ file with the dev part holds x and y alone, and this one has parts of its own. Name its arrays x "
            "and y.",
        ),
        Fault("/test_file", "There is a test part in the first file already. Leave one of them out."),
    )
