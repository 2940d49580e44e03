"""Tests of Parquet: types tell what columns hold, the table is that of the same CSV, and nothing is trusted."""

import datetime as dt
import io
import json
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data import Dataset, Table, TableError, Tables, prepare, read_csv, read_parquet
from engine.data.said import Said
from engine.data.table import NumericColumn
from engine.extras import MissingExtra
from tests.engine.data.test_any_frame import frames

pa = pytest.importorskip("pyarrow", reason="the package pyarrow is not installed")
parquet = pytest.importorskip("pyarrow.parquet", reason="the package pyarrow is not installed")

LIMIT = 1 << 20
UTC, NEW_YORK = dt.UTC, dt.timezone(dt.timedelta(hours=-5))


def written(table: Any, **how: Any) -> bytes:
    buffer = io.BytesIO()
    parquet.write_table(table, buffer, **how)
    return buffer.getvalue()


def read(columns: dict[str, Any], target: str | None = None, **said: Any) -> Table:
    return read_parquet(written(pa.table(columns)), max_bytes=LIMIT, target=target, said=Said(**said))


def faults_of(reading: Callable[[], Table]) -> list[str]:
    with pytest.raises(TableError) as caught:
        reading()
    return [fault.detail for fault in caught.value.faults]


MOMENT = dt.datetime(2020, 1, 2, 18)  # a time without a zone is one in UTC

NUMBERS = {
    "int8": (pa.array([1, None, -3], pa.int8()), [1.0, np.nan, -3.0]),
    "uint64": (pa.array([2**53, None, 0], pa.uint64()), [2.0**53, np.nan, 0.0]),
    "float16": (pa.array(np.array([0.5, np.nan, 2.0], np.float16)), [0.5, np.nan, 2.0]),
    "float32": (pa.array([0.1, None, np.nan], pa.float32()), [float(np.float32(0.1)), np.nan, np.nan]),
    "float64": (pa.array([0.1, None, 1e-46]), [0.1, np.nan, 1e-46]),
    "decimal": (pa.array([Decimal("0.10"), None, Decimal("-12.34")]), [0.1, np.nan, -12.34]),
    "categories that are numbers, as in CSV": (pa.array([7, None, 1]).dictionary_encode(), [7.0, np.nan, 1.0]),
    "null": (pa.nulls(3), [np.nan] * 3),
    "date32": (pa.array([dt.date(1970, 1, 2), None, dt.date(1969, 12, 31)]), [1.0, np.nan, -1.0]),
    "date64": (pa.array([dt.date(1970, 1, 2), None, dt.date(1, 1, 1)], pa.date64()), [1.0, np.nan, -719162.0]),
    "seconds": (pa.array([MOMENT, None, None], pa.timestamp("s")), [18263.75, np.nan, np.nan]),
    "nanoseconds": (pa.array([MOMENT, None, None], pa.timestamp("ns")), [18263.75, np.nan, np.nan]),
    "zoned": (
        pa.array([MOMENT.replace(tzinfo=NEW_YORK), None, None], pa.timestamp("us", "America/New_York")),
        [18263.75 + 5 / 24, np.nan, np.nan],
    ),
}


@pytest.mark.parametrize("kind", NUMBERS)
def test_numbers_dates_and_times_are_numbers_and_nulls_are_missing(kind: str) -> None:
    cells, wanted = NUMBERS[kind]
    (column,) = read({"a": cells}).columns
    assert isinstance(column, NumericColumn)
    np.testing.assert_allclose(column.values, wanted, rtol=1e-15, atol=0.0)
    assert column.source == (np.float32 if kind in ("float16", "float32") else np.float64)


WORDS = {
    "text": (pa.array([" a", None, "b"]), ["a", None, "b"]),
    "large text": (pa.array(["a", None, "a"], pa.large_string()), ["a", None, "a"]),
    "numbers in texts": (pa.array(["12 %", "7", ""]), ["12 %", "7", None]),
    "truth values": (pa.array([True, None, False]), ["True", None, "False"]),
    "categories": (pa.array(["b", None, "a"]).dictionary_encode(), ["b", None, "a"]),
}


@pytest.mark.parametrize("kind", WORDS)
def test_texts_truth_values_and_dictionaries_of_texts_are_words(kind: str) -> None:
    cells, wanted = WORDS[kind]
    (column,) = read({"a": cells}).columns
    assert not isinstance(column, NumericColumn)
    assert column.values.tolist() == wanted


@pytest.mark.parametrize("said", [{"categorical": ["a"]}, {"group": "a"}])
def test_numbers_that_are_named_as_words_are_compared_as_in_csv(said: dict[str, Any]) -> None:
    for cells in (pa.array([1, None, 2]), pa.array([1.0, np.nan, 2.0]), pa.array([Decimal("1.0"), None, Decimal(2)])):
        (column,) = read({"a": cells}, **said).columns
        assert column.values.tolist() == ["1", None, "2"]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (pa.list_(pa.int64()), "list"),
        (pa.struct({"x": pa.int64()}), "struct"),
        (pa.map_(pa.string(), pa.int64()), "map"),
        (pa.binary(), "binary"),
        (pa.time64("us"), "time64[us]"),
        (pa.duration("s"), "duration[s]"),
    ],
)
def test_other_types_are_faults_with_the_column_and_its_type_unless_ignored(kind: Any, name: str) -> None:
    columns = {"a": pa.nulls(3, kind), "b": pa.array([1, 2, 3])}
    (detail,) = faults_of(lambda: read(columns))
    assert detail.startswith(f'The column "a" has the type {name}')
    assert "ignore" in detail
    table = read(columns, ignore=["a"])
    assert [column.name for column in table.columns] == ["b"]
    assert [note.code for note in table.notes] == ["ignored"]


def test_cells_that_no_network_holds_are_faults_with_their_rows() -> None:
    late = pa.array([dt.date(2020, 1, 1), None, None]).cast(pa.int32())
    columns = {
        "big": pa.array([1.0, np.inf, -1e300]),
        "whole": pa.array([2**53, 2**53 + 1, 0]),
        "late": pa.array([3_000_000, *late.to_pylist()[1:]], pa.int32()).cast(pa.date32()),
    }
    first, second, whole, date = faults_of(lambda: read(columns))
    assert first.startswith('Row 1, column "big": "inf" is not a number between')
    assert second.startswith('Row 2, column "big": "-1e+300" is not')
    assert whole.startswith('The column "whole" holds 9007199254740992 and 9007199254740993')
    assert date.startswith('Row 0, column "late": the date is not in the years 1 to 9999')


def test_a_missing_target_names_its_row_or_is_left_to_be_dropped() -> None:
    columns = {"a": pa.array([1, 2, 3]), "y": pa.array([1, None, 0])}
    assert faults_of(lambda: read(columns, "y"))[0].startswith('The target "y" is missing in row 1.')
    assert np.isnan(read(columns, "y", missing_target="drop").columns[1].values[1])


def test_said_tokens_are_missing_among_words_and_numbers_with_a_note() -> None:
    columns = {"a": pa.array([-999, 5, 7]), "w": pa.array(["gone", "NA", None])}
    table = read(columns, missing=["-999", "gone"])
    assert table.columns[0].missing.tolist() == [True, False, False]
    assert table.columns[1].values.tolist() == [None, "NA", None]
    assert [(note.code, note.columns) for note in table.notes] == [
        ("missing_tokens", ("a",)),
        ("missing_tokens", ("w",)),
    ]


def test_names_that_are_not_there_or_come_twice_are_faults() -> None:
    details = faults_of(lambda: read({"a": pa.array([1])}, "y", categorical=["c"], ignore=["i"]))
    assert [detail[:22] for detail in details] == [f'There is no column "{name}"' for name in "ciy"]
    twice = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a "])
    assert "both called" in faults_of(lambda: read_parquet(written(twice), max_bytes=LIMIT))[0]


@pytest.mark.parametrize("by", ["group", "order"])
def test_the_column_to_split_by_is_no_input_and_need_not_be_ignored(by: str) -> None:
    columns = {"a": pa.array([1]), "g": pa.array(["x"])}
    (detail,) = faults_of(lambda: read(columns, ignore=["g"], **{by: "g"}))
    assert "is no input anyway" in detail


def test_the_index_of_pandas_is_left_out_with_a_note() -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0]}, index=["x", "y"])
    table = read_parquet(frame.to_parquet(), max_bytes=LIMIT)
    assert [column.name for column in table.columns] == ["a"]
    assert [note.code for note in table.notes] == ["row_names"]


def test_a_second_table_is_read_as_the_first_was() -> None:
    first = read({"when": pa.array([MOMENT] * 2), "w": pa.array([1.0, 2.0]), "n": pa.array([1, 2])}, categorical=["w"])
    same = pa.table({"when": pa.array([dt.date(2020, 1, 1)]), "w": pa.array([2]), "n": pa.array([0.5])})
    second = read_parquet(written(same), max_bytes=LIMIT, like=first)
    assert [column.reading for column in second.columns] == [column.reading for column in first.columns]
    assert second.columns[1].values.tolist() == ["2"]
    other = pa.table({"when": pa.array([5]), "w": pa.array(["2"]), "n": pa.array(["1"])})
    details = faults_of(lambda: read_parquet(written(other), max_bytes=LIMIT, like=first))
    assert details == [
        'The column "when" has the type int64, but holds dates in training. Convert it.',
        'The column "n" has the type string, but holds numbers in training. Convert it.',
    ]


def prepared(table: Table) -> Dataset:
    return prepare(Tables(table), target="y", max_bytes=LIMIT)


def frame_of_all_kinds(rows: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    day = pd.Timestamp("2020-03-01") + pd.to_timedelta(rng.integers(0, 400, rows), "D")
    return pd.DataFrame(
        {
            "float": np.where(rng.random(rows) < 0.2, np.nan, rng.normal(size=rows)),
            "whole": rng.integers(-50, 50, rows),
            "word": rng.choice(np.array(["red", "green", None], np.object_), rows),
            "kind": pd.Categorical(rng.choice(["a", "b"], rows)),
            "flag": rng.random(rows) < 0.5,
            "day": day,
            "time": day + pd.to_timedelta(rng.integers(0, 86_400_000_000, rows), "us"),
            "y": rng.choice(["yes", "no"], rows),
        }
    )


def test_the_same_frame_as_csv_and_as_parquet_is_one_data_set() -> None:
    frame = frame_of_all_kinds()
    first = prepared(read_csv(frame.to_csv(index=False).encode(), max_bytes=LIMIT, target="y"))
    second = prepared(read_parquet(frame.to_parquet(), max_bytes=LIMIT, target="y"))
    for part in ("x_train", "x_dev", "x_test", "y_train", "y_dev", "y_test"):
        assert np.array_equal(getattr(first, part), getattr(second, part)), part
    card, other = json.loads(json.dumps(first.card)), json.loads(json.dumps(second.card))
    assert other.pop("read", {}) != card.pop("read")
    notes, others = card.pop("notes"), other.pop("notes")
    assert card == other
    assert [(note["code"], note["columns"]) for note in notes] == [(note["code"], note["columns"]) for note in others]


@settings(deadline=None)
@given(frames(), st.booleans())
def test_any_frame_comes_back_as_pandas_wrote_it(frame: pd.DataFrame, indexed: bool) -> None:
    if indexed:
        frame.index = pd.Index([f"row {row}" for row in range(len(frame))])
    table = read_parquet(frame.to_parquet(), max_bytes=LIMIT)
    assert [column.name for column in table.columns] == list(frame.columns)
    for column in table.columns:
        cells = frame[column.name]
        if isinstance(column, NumericColumn) and column.name[0] == "n":
            assert np.array_equal(column.values, cells.to_numpy(), equal_nan=True)
        else:
            present = [isinstance(cell, str) for cell in cells]
            assert (~column.missing).tolist() == present
            assert [cell for cell in column.values if isinstance(cell, str)] == [c for c in cells if isinstance(c, str)]


def test_rows_and_bytes_are_counted_before_they_are_read() -> None:
    same = pa.table({"a": pa.array(np.zeros(LIMIT)), "b": pa.array(["x"] * LIMIT)})
    content = written(same)
    assert len(content) < LIMIT
    (detail,) = faults_of(lambda: read_parquet(content, max_bytes=LIMIT))
    assert "1,048,576 rows of 2 columns; at most 262,144 cells are allowed" in detail
    words = pa.table({"a": pa.array([1] * 2000), "b": pa.array([f"{row} {'x' * 1000}" for row in range(2000)])})
    content = written(words)
    assert "bytes when unpacked; at most 1,048,576" in faults_of(lambda: read_parquet(content, max_bytes=LIMIT))[0]
    assert len(read_parquet(content, max_bytes=LIMIT, said=Said(ignore=["b"]))) == 2000


GOOD = written(pa.table({"a": pa.array(np.arange(500.0)), "w": pa.array(["a", "b"] * 250)}))


@pytest.mark.parametrize("content", [GOOD[:-9], GOOD[: len(GOOD) // 2], b"PAR1", b"PAR1" + GOOD[-300:], b""])
def test_what_is_no_whole_file_is_a_fault(content: bytes) -> None:
    (detail,) = faults_of(lambda: read_parquet(content, max_bytes=LIMIT))
    assert detail.startswith("The file is not a whole Parquet file: ")


def test_without_rows_there_is_nothing_to_read() -> None:
    assert faults_of(lambda: read({"a": pa.array([], pa.int64())})) == ["The file has no rows. Add rows."]


def test_without_pyarrow_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("engine.data.files.parquet_file", "engine.data.files.parquet_columns"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtra, match=r"pip install '\.\[parquet\]'"):
        read_parquet(GOOD, max_bytes=LIMIT)
