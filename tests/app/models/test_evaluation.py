"""Tests of models scored on files."""

from typing import Any

import pytest

from app.contract.hyperparameters import complete
from app.contract.rules import CURRENT_RULES
from app.domain.errors import InvalidRequest
from app.domain.uploads import SentFile, SentFiles, UploadForm
from app.models.evaluation import evaluate_file, evaluate_files, evaluate_rows
from app.models.models import Model, model_file, trained_model
from app.preparation.datasets import PreparedDataset
from app.preparation.uploads import prepare_upload
from tests.app.trainer import runs

ROWS = [(["no", "yes"][n % 2], n % 2 + n / 97, n % 7) for n in range(90)]
TEXT = "".join(f"{','.join(map(str, row))}\n" for row in ROWS)
LIMIT = 1 << 20


def trained(dataset: PreparedDataset) -> tuple[Model, dict[str, float | None]]:
    """Train a network on a data set; return its model and the trial's metrics."""
    params: dict[str, Any] = {"hidden_units": [4], "epochs": 3}
    stopped = runs.trained(dataset, **params)
    model = trained_model(stopped.weights or b"", complete(params), dataset.content, {}, {}, CURRENT_RULES)
    return model, stopped.result.metrics


@pytest.mark.parametrize("target", ["c1", "c3"])
def test_a_file_without_a_header_has_its_columns_where_training_had_them(target: str) -> None:
    place = int(target[-1]) - 1
    lines: list[list[object]] = [[*row[1:]] for row in ROWS]
    for line, row in zip(lines, ROWS, strict=True):
        line.insert(place, row[0])
    train, dev, text = (
        "".join(f"{','.join(map(str, line))}\n" for line in lines[part]).encode()
        for part in (slice(60), slice(60, 75), slice(75, None))
    )
    files = SentFiles(SentFile("t.csv", train), SentFile("d.csv", dev), SentFile("e.csv", text))
    model, metrics = trained(prepare_upload(files, UploadForm("t", target, header="none"), max_table_bytes=LIMIT))
    assert evaluate_file(model, text, max_bytes=LIMIT).metrics["error"] == metrics["test_error"]
    assert evaluate_files(model_file(model, "npz"), text) == evaluate_file(model, text, max_bytes=LIMIT)


def test_a_file_may_be_said_to_be_written_otherwise() -> None:
    files = SentFiles(SentFile("t.csv", f"y,a,b\n{TEXT}".encode()))
    model, _ = trained(prepare_upload(files, UploadForm("t", "y"), max_table_bytes=LIMIT))
    content = model_file(model, "npz")
    semicolons = f"y;a;b\n{TEXT.replace(',', ';')}".encode("utf-16-le")
    found = evaluate_files(content, semicolons, ["separator=semicolon", "encoding=utf-16-le"])
    assert found.metrics == evaluate_files(content, f"y,a,b\n{TEXT}".encode()).metrics


def test_faults_of_rows_point_to_their_cells_and_those_of_a_model_file_to_the_model() -> None:
    files = SentFiles(SentFile("t.csv", f"y,a,b\n{TEXT}".encode()))
    model, _ = trained(prepare_upload(files, UploadForm("t", "y"), max_table_bytes=LIMIT))
    with pytest.raises(InvalidRequest) as caught:
        evaluate_rows(model, [{"a": 1, "b": 2, "y": "no"}, {"a": 1, "b": "x", "y": "no"}, {"a": 1, "b": 2}])
    assert [fault.pointer for fault in caught.value.faults] == ["/rows/2/y", "/rows/1/b"]
    with pytest.raises(InvalidRequest) as caught:
        evaluate_rows(model, [{"a": 1, "b": 2, "y": "maybe"}])
    assert [fault.pointer for fault in caught.value.faults] == ["/rows/0/y"]
    with pytest.raises(InvalidRequest) as caught:
        evaluate_files(b"no model", b"")
    assert [fault.pointer for fault in caught.value.faults] == ["/model"]
