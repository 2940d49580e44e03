"""Files in every format hold the rows that they were given, page by page."""

import csv
import io
import json
import math
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.exports import FORMATS
from app.exports.table import Column, Row

COLUMNS = [
    Column("number", "int"),
    Column("value", "float"),
    Column("words", "text"),
    Column("end", "time"),
    Column("any", "json"),
]

FORMULA_SIGNS = "=+-@\t\r"
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=8)
finite = st.floats(allow_nan=False, allow_infinity=False)
anything = st.none() | st.booleans() | st.integers(-9, 9) | texts | st.lists(st.integers(1, 9), max_size=3)
times = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
rows = st.tuples(st.integers(0, 2**60), st.none() | finite, st.none() | texts, st.none() | times, anything)
pages = st.lists(st.lists(rows, max_size=4), max_size=4)


def written(kind: str, found: list[list[Row]]) -> bytes:
    return b"".join(FORMATS[kind][0](COLUMNS, found))


def as_it_came(cell: str) -> str:
    """Return a text of which a cell was made, by what the module says."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'")[:1] in FORMULA_SIGNS else cell


@given(pages)
def test_csv_holds_every_row(found: list[list[Row]]) -> None:
    first, *others = csv.reader(io.StringIO(written("csv", found).decode(), newline=""))
    assert first == [column.name for column in COLUMNS]
    all_rows = [row for page in found for row in page]
    assert len(others) == len(all_rows)
    for line, row in zip(others, all_rows, strict=True):
        assert line[0] == str(row[0])
        assert (float(line[1]) if line[1] else None) == row[1]
        assert as_it_came(line[2]) == (row[2] or "")
        assert (datetime.fromisoformat(line[3]) if line[3] else None) == row[3]
        if isinstance(row[4], bool | list):
            assert json.loads(line[4]) == row[4]


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "@SUM(1)", "+1+1", "-2+3", "\t=1", "-", "+1e", "=1"])
def test_no_cell_of_csv_is_a_formula_to_a_spreadsheet(text: str) -> None:
    row = (1, 0.5, text, None, text)
    lines = list(csv.reader(io.StringIO(written("csv", [[row]]).decode(), newline="")))
    assert lines[1] == ["1", "0.5", f"'{text}", "", f"'{text}"]
    assert json.loads(written("jsonl", [[row]]))["words"] == text


@pytest.mark.parametrize("text", ["-1", "+1.5", "-.5e-3", "a=b", "'", "1-2", ""])
def test_a_text_that_is_no_formula_is_written_as_it_is(text: str) -> None:
    lines = list(csv.reader(io.StringIO(written("csv", [[(1, None, text, None, text)]]).decode(), newline="")))
    assert lines[1][2::2] == [text, text]


@given(pages)
def test_json_lines_hold_every_row(found: list[list[Row]]) -> None:
    lines = [json.loads(line) for line in written("jsonl", found).decode().split("\n")[:-1]]
    told = [list(line.values()) for line in lines]
    for line, row in zip(told, [row for page in found for row in page], strict=True):
        assert line[:3] == list(row[:3])
        assert line[4] == row[4]


@settings(max_examples=30)
@given(pages)
def test_parquet_holds_every_row(found: list[list[Row]]) -> None:
    frame = pd.read_parquet(io.BytesIO(written("parquet", found)))
    assert list(frame.columns) == [column.name for column in COLUMNS]
    for told, row in zip(frame.itertuples(index=False), [row for page in found for row in page], strict=True):
        assert told[0] == row[0]
        assert _same(told[1], row[1])
        assert _same(told[2], row[2])
        assert row[4] is None or json.loads(told[4]) == row[4]


def _same(told: Any, given_: Any) -> bool:
    missing = told is None or (isinstance(told, float) and math.isnan(told))
    return missing if given_ is None else bool(told == given_)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_file_without_rows_can_be_read(kind: str) -> None:
    content = written(kind, [])
    if kind == "parquet":
        assert len(pd.read_parquet(io.BytesIO(content))) == 0
    else:
        assert content.decode().strip() == ("" if kind == "jsonl" else "number,value,words,end,any")
