"""Tests over HTTP of Parquet: uploads, what is said of them, and files that are none."""

import io
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pytest

from tests.app.api.serving import Json, places, problem

pytest.importorskip("pyarrow", reason="the package pyarrow is not installed")


def frame(rows: int = 60) -> pd.DataFrame:
    index = np.arange(rows)
    words = np.array([None, "red", "blue", "red", "red"], np.object_)[index % 5]
    day = pd.Timestamp("2020-01-01") + pd.to_timedelta(index % 11, "D")
    return pd.DataFrame({"n": index * 0.37 % 5, "word": words, "day": day, "kind": np.array(["a", "b"])[index % 2]})


def content(table: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    return buffer.getvalue()


def upload(client: httpx.Client, file: bytes, path: str = "", *, dev: bytes | None = None, **form: Any) -> Any:
    files = {"file": ("t.parquet", file)} | ({"dev_file": ("dev.parquet", dev)} if dev else {})
    return client.post(f"/v1/datasets{path}", data={"name": "mine", "target": "kind", **form}, files=files)


def test_a_frame_is_the_same_data_set_as_from_csv(client: httpx.Client) -> None:
    found: Json = upload(client, content(frame())).raise_for_status().json()
    files = {"file": ("t.csv", frame().to_csv(index=False))}
    text = client.post("/v1/datasets", data={"name": "text", "target": "kind"}, files=files).raise_for_status().json()
    assert {**found["card"], "read": None} == {**text["card"], "read": None}
    assert (found["rows"], found["features"], found["task"]) == (text["rows"], text["features"], text["task"])
    assert upload(client, content(frame())).status_code == 200


def test_preview_dev_files_and_columns_that_are_ignored(shared: httpx.Client) -> None:
    file = content(frame().assign(lists=[[1]] * 60))
    assert places(upload(shared, file, "/preview", dev=content(frame()))) == ["/file"]
    answer = upload(shared, file, "/preview", dev=content(frame(20)), ignore="lists").raise_for_status().json()
    assert answer["rows"] == {"train": 60, "dev": 20, "test": 0}
    assert [column["name"] for column in answer["columns"]] == ["n", "word", "day"]


def test_what_is_said_of_text_is_refused(shared: httpx.Client) -> None:
    said: dict[str, Any] = {
        "separator": "tab",
        "header": "none",
        "encoding": "latin-1",
        "decimal": "comma",
        "thousands": "point",
    }
    answer = upload(shared, content(frame()), dates="dmy", **said)
    assert places(answer) == [f"/{field}" for field in (*said, "dates")]
    assert "a Parquet file has none" in answer.text


@pytest.mark.parametrize("file", [content(frame())[:-50], b"PAR1" + b"\xff" * 60 + b"PAR1", b"n,kind\n1,a\n"])
def test_a_file_that_is_none_is_refused(shared: httpx.Client, file: bytes) -> None:
    assert places(upload(shared, file)) == ["/file"]


def test_parquet_by_content_needs_its_ending(shared: httpx.Client) -> None:
    files = {"file": ("t.csv", content(frame()))}
    answer = shared.post("/v1/datasets", data={"name": "mine", "target": "kind"}, files=files)
    assert "Give it the ending .parquet" in problem(answer, 422)["errors"][0]["detail"]


def test_without_the_package_parquet_is_refused_and_the_extra_named(
    client: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyarrow.py").write_text('raise ImportError("there is none")')
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))  # the process that reads looks there first
    assert "pip install '.[parquet]'" in problem(upload(client, content(frame())), 501)["detail"]
