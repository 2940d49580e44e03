"""Tests of what is said of how an uploaded file is to be read."""

import gzip
from typing import Any

import numpy as np
import pytest

from app.domain.errors import InvalidRequest
from app.domain.uploads import SentFile, SentFiles, UploadForm
from app.preparation.datasets import PreparedDataset
from app.preparation.uploads import prepare_upload
from engine.data import Dataset
from tests.app.preparation.upload_files import CSV, LIMIT, npz, upload


def sent(name: str, content: bytes, **said: Any) -> PreparedDataset:
    return prepare_upload(SentFiles(SentFile(name, content)), UploadForm("mine", **said), max_table_bytes=LIMIT)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("table.tsv", "n\tw\ty\n{}", {}),
        ("table.txt.gz", "n w y\n{}", {}),
        ("table.csv", "n;w;y\n{}", {"separator": "semicolon"}),
        ("table.csv", "{}", {"separator": "semicolon", "header": "none", "target": "c3"}),
        ("table.csv", '"","n","w","y"\n{}', {}),
        ("table.csv", "n,w,y,id\n{}", {"ignore": ["id"]}),
    ],
)
def test_what_is_said_of_a_file_or_found_out_makes_the_same_data_set(
    name: str, text: str, said: dict[str, Any]
) -> None:
    separator = {"table.tsv": "\t", "table.txt.gz": " "}.get(name, ";" if "separator" in said else ",")
    rows = [[f"{row}.5", "ab"[row % 2], str(row % 2)] for row in range(30)]
    if text.startswith('""'):
        rows = [[str(number), *row] for number, row in enumerate(rows)]
    if "ignore" in said:
        rows = [[*row, "x" * number] for number, row in enumerate(rows)]
    content = text.format("".join(separator.join(row) + "\n" for row in rows)).encode()
    found = sent(name, gzip.compress(content) if name.endswith("gz") else content, **{"target": "y", **said})
    plain, dataset = Dataset.from_bytes(upload("table.csv", CSV).content), Dataset.from_bytes(found.content)
    assert all(np.array_equal(getattr(plain, part), getattr(dataset, part)) for part in ("x_train", "y_dev", "x_test"))


@pytest.mark.parametrize(
    ("said", "content", "pointer"),
    [
        ({"separator": "colon"}, CSV, "/separator"),
        ({}, b"a,b;y,c\n1,x;y,2\n", "/separator"),
        ({"header": "maybe"}, CSV, "/header"),
        ({}, b"1,2,3\n4,5,6\n", "/header"),
        ({"encoding": "rot13"}, CSV, "/encoding"),
        ({}, b"n,y\n\xe4,1\n", "/encoding"),
        ({"ignore": ["q"]}, CSV, "/ignore"),
        ({"ignore": ["y"]}, CSV, "/ignore"),
        ({"ignore": ["n"], "group": "n"}, CSV, "/ignore"),
        ({"ignore": ["n"], "order": "n"}, CSV, "/ignore"),
    ],
)
def test_faults_of_how_a_file_is_read_point_to_the_field_to_send(
    said: dict[str, Any], content: bytes, pointer: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        sent("table.csv", content, target="y", **said)
    assert [fault.pointer for fault in caught.value.faults] == [pointer]


def test_what_is_said_of_text_is_refused_with_an_npz_file() -> None:
    with pytest.raises(InvalidRequest) as caught:
        sent("table.npz", npz(), separator="comma", ignore=["x_0"])
    assert [fault.pointer for fault in caught.value.faults] == ["/ignore", "/separator"]
