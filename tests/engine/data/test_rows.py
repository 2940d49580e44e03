"""Tests of rows to predict: read as the network learned them, from CSV and from JSON."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data import Table, TableError
from engine.data.encoding import CategoricalEncoding, Encoding, NumericEncoding
from engine.data.formats.dates import DateFormat
from engine.data.formats.numbers import NumberFormat
from engine.data.formats.reading import Reading
from engine.data.formats.words import WordFormat
from engine.data.notes import Note
from engine.data.rows import arrange, table_of_csv, table_of_rows
from engine.data.table import NumericColumn

ENCODINGS: tuple[Encoding, ...] = (
    NumericEncoding("size", 2.0, flag=False),
    CategoricalEncoding("code", ("1", "2")),
    NumericEncoding("age", 30.0, flag=True),
)


def from_csv(text: str) -> Table:
    return table_of_csv(text.encode(), ENCODINGS, "y", max_bytes=1 << 16)


def details(text: str) -> list[str]:
    with pytest.raises(TableError) as caught:
        from_csv(text)
    return [fault.detail for fault in caught.value.faults]


def cells(table: Table) -> list[list[Any]]:
    """The columns in the order of the encodings; a missing number is None."""
    columns = [column.values.tolist() for column in arrange(table, ENCODINGS)]
    return [[None if isinstance(cell, float) and math.isnan(cell) else cell for cell in column] for column in columns]


def test_columns_of_csv_are_what_they_were_in_training_whatever_they_look_like() -> None:
    table = from_csv("age,code,size\n,1,NA\n?,x,3\n7, ,1e3\n")
    assert cells(table) == [[None, 3.0, 1000.0], ["1", "x", None], [None, None, 7.0]]
    assert table.place(2) == "line 4"


def test_a_single_row_with_nothing_in_it_is_a_row() -> None:
    assert cells(from_csv("size,code,age\n,,\n")) == [[None], [None], [None]]
    assert cells(table_of_rows([dict.fromkeys(("size", "code", "age"))], ENCODINGS, "y")) == [[None], [None], [None]]


def test_all_faults_of_csv_are_named_together_with_their_lines() -> None:
    assert details("size,code,age,y\nbig,1,1_000,no\n1,2\n1,2,inf,yes\n") == [
        "Line 3 has 2 cells and the header has 4. Every row needs one cell for each column, and a cell with a comma "
        "needs quotes around it.",
        'Line 2, column "size": "big" is not a number, but the model learned the column as numbers. Mend it, or leave '
        "it out if the value is missing: an empty cell in CSV, null in JSON.",
        'Line 2, column "age": "1_000" is not a number, but the model learned the column as numbers. Mend it, or leave '
        "it out if the value is missing: an empty cell in CSV, null in JSON.",
        'Line 4, column "age": "inf" is not a number between -3.4e+38 and 3.4e+38.',
    ]


def test_missing_columns_are_named_with_the_one_that_may_be_meant() -> None:
    assert details("size,cod,sise,age\n1,2,3,4\n") == [
        'The column "code" is missing. Add it; its cells may be empty. The model does not know "cod": is it meant?',
    ]
    assert details("size,sise,age\n1,2,3\n") == ['The column "code" is missing. Add it; its cells may be empty.']


def test_a_target_that_is_missing_is_not_to_be_left_empty() -> None:
    with pytest.raises(TableError) as caught:
        table_of_csv(b"size,code\n1,2\n", ENCODINGS, "age", max_bytes=100)
    assert [fault.detail for fault in caught.value.faults] == ['The column "age" is missing. Add it.']
    with pytest.raises(TableError) as caught:
        table_of_rows([{"size": 1, "code": "2"}], ENCODINGS, "age")
    assert [fault.detail for fault in caught.value.faults] == ['Row 0 has no "age". Add it.']


def test_the_target_and_columns_that_the_model_does_not_know_are_passed_over_and_noted() -> None:
    plain = from_csv("size,code,age\n1,2,3\n")
    table = from_csv("y,size,row,code,why,age\nno,1,0,2,because,3\n")
    assert cells(table) == cells(plain)
    assert plain.notes == ()
    notes = [
        Note("target_passed_over", ("y",), 'The column "y" was passed over: it is what the model predicts.'),
        Note(
            "columns_passed_over",
            ("row", "why"),
            'Columns that the model does not know were passed over: "row", "why".',
        ),
    ]
    assert list(table.notes) == notes
    rows = [{"size": 1, "code": "2", "age": 3, "row": 0}, {"size": 1, "code": "2", "age": 3, "y": "no", "why": []}]
    assert list(table_of_rows(rows, ENCODINGS, "y").notes) == notes


def test_of_many_columns_that_are_passed_over_the_first_twenty_are_named() -> None:
    names = [f"extra {number}" for number in range(50)]
    (note,) = from_csv(f"size,code,age,{','.join(names)}\n1,2,3{',x' * 50}\n").notes
    assert note.columns == tuple(names[:20])
    assert note.detail.endswith('"extra 19" and 30 more.')


def test_the_first_twenty_faults_are_shown_and_the_others_counted() -> None:
    rows = [{"size": "big", "code": None, "age": 1}] * 1000
    with pytest.raises(TableError) as caught:
        table_of_rows(rows, ENCODINGS, "y")
    *shown, last = caught.value.faults
    assert [fault.place for fault in shown] == [(row, "size") for row in range(20)]
    assert last.detail == "There are 980 more faults."


NUMBERS = st.none() | st.integers(-(10**38), 10**38) | st.floats(-3e38, 3e38)
ROWS = st.lists(st.tuples(NUMBERS, st.none() | st.sampled_from("12x"), NUMBERS))


@given(ROWS)
def test_rows_of_json_and_of_csv_make_the_same_columns(rows: Sequence[tuple[Any, Any, Any]]) -> None:
    names = [encoding.name for encoding in ENCODINGS]
    table = table_of_rows([dict(zip(names, row, strict=True)) for row in rows], ENCODINGS, "y")
    assert cells(table) == [[None if v is None else kind(v) for v in column] for kind, column in columns_of(rows)]
    text = "".join(",".join("" if cell is None else str(cell) for cell in row) + "\n" for row in rows)
    if rows:
        assert cells(from_csv(f"{','.join(names)}\n{text}")) == cells(table)


def columns_of(rows: Sequence[tuple[Any, Any, Any]]) -> list[tuple[type, list[Any]]]:
    return [(kind, [row[place] for row in rows]) for place, kind in enumerate((float, str, float))]


LARGEST = (2 - 2**-23) * 2.0**127  # of float32
ANYTHING = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.none())
CELL = NUMBERS | ANYTHING | st.sampled_from("12x")
ROW = st.fixed_dictionaries({"size": CELL, "code": CELL, "age": CELL}, optional={"y": CELL})


@given(st.lists(ROW | st.dictionaries(st.sampled_from(["size", "code", "age"]), CELL) | ANYTHING, max_size=5))
def test_any_json_is_a_table_or_refused_with_the_places_of_all_rows_that_are_wrong(rows: list[Any]) -> None:
    wrong = {number for number, row in enumerate(rows) if not is_right(row)}
    if wrong:
        with pytest.raises(TableError) as caught:
            table_of_rows(rows, ENCODINGS, "y")
        assert {fault.place[0] for fault in caught.value.faults} == wrong
    else:
        assert len(table_of_rows(rows, ENCODINGS, "y")) == len(rows)


def is_right(row: Any) -> bool:
    if not isinstance(row, dict) or not row.keys() >= {"size", "code", "age"}:
        return False
    numbers = [row[name] for name in ("size", "age") if row[name] is not None]
    sound = all(type(number) in (int, float) and abs(number) <= LARGEST for number in numbers)
    return sound and (row["code"] is None or isinstance(row["code"], str))


READ: tuple[Encoding, ...] = (
    NumericEncoding("price", 2.0, flag=False, reading=Reading(NumberFormat("point", "comma", "$"))),
    NumericEncoding("share", 2.0, flag=False, reading=Reading(NumberFormat("comma"), ("", "-"))),
    NumericEncoding("day", 0.0, flag=False, reading=Reading(DateFormat("dmy", times=True))),
    CategoricalEncoding("label", ("1", "2"), reading=Reading(WordFormat(numbers=True))),
    CategoricalEncoding("zip", ("01", "7"), reading=Reading(WordFormat(), ("",))),
)
READ_NAMES = [encoding.name for encoding in READ]


def plain(table: Table) -> list[list[Any]]:
    """The columns; a missing number is None."""
    columns = [column.values.tolist() for column in table.columns]
    return [[None if isinstance(cell, float) and math.isnan(cell) else cell for cell in column] for column in columns]


def read_rows(*rows: Sequence[Any]) -> list[list[Any]]:
    return plain(table_of_rows([dict(zip(READ_NAMES, row, strict=True)) for row in rows], READ, "y"))


def test_csv_and_texts_of_json_are_read_as_training_read_the_column() -> None:
    cells = [["$1,100", "1,5", "13/05/2020 06:00", "1.0", "01"], ["($5)", "-", "", " 2 ", "NA"]]
    expected = [[1100.0, -5.0], [1.5, None], [18395.25, None], ["1", "2"], ["01", "NA"]]
    assert read_rows(*cells) == expected
    text = "".join(",".join(f'"{cell}"' for cell in row) + "\n" for row in [READ_NAMES, *cells])
    assert plain(table_of_csv(text.encode(), READ, "y", max_bytes=1 << 16)) == expected


def test_numbers_of_json_are_numbers_and_among_words_what_csv_would_make_of_them() -> None:
    assert read_rows([12, 1.5, None, 1.0, 7], [0.5, 3, None, 1e16, 4.7]) == [
        [12.0, 0.5],
        [1.5, 3.0],
        [None, None],
        ["1", "10000000000000000"],
        ["7", "4.7"],
    ]


def test_what_training_would_not_have_read_is_refused() -> None:
    with pytest.raises(TableError) as caught:
        read_rows(["€5", "1.5", "05/13/2020", True, []], ["5", "x", 18395, None, None])
    assert [(fault.place, fault.detail.split(": ")[1].split(", but")[0]) for fault in caught.value.faults] == [
        ((0, "price"), '"€5" is not a number with the unit "$"'),
        ((1, "price"), '"5" is not a number with the unit "$"'),
        ((0, "share"), '"1.5" is not a number with a decimal comma'),
        ((1, "share"), '"x" is not a number with a decimal comma'),
        ((0, "day"), '"05/13/2020" is not a date with the day first'),
        ((1, "day"), "18395 is not a date with the day first"),
        ((0, "label"), "true is not a text"),
        ((0, "zip"), "[] is not a text"),
    ]


def test_a_date_with_a_time_of_day_is_two_inputs() -> None:
    column = NumericColumn("day", np.array([18395.25, math.nan, -0.5]), reading=Reading(DateFormat("dmy", times=True)))
    encoding = NumericEncoding.fit(column)
    assert encoding.width == 3
    assert encoding.encode(column).tolist() == [[18395, 0.25, 0], [9197, 0.375, 1], [-1, 0.5, 0]]


@pytest.mark.parametrize("nan", ["NaN", "NAN", "-nan"])
def test_models_that_are_older_than_readings_take_nan_for_missing_however_it_is_written(nan: str) -> None:
    assert cells(from_csv(f"size,code,age\n1,2,{nan}\n")) == [[1.0], ["2"], [None]]


def test_models_that_are_older_than_readings_take_values_of_json_as_they_are() -> None:
    table = table_of_rows([{"size": 1, "code": " 1 ", "age": None}], ENCODINGS, "y")
    assert cells(table) == [[1.0], [" 1 "], [None]]
    with pytest.raises(TableError):
        table_of_rows([{"size": "1", "code": "1", "age": None}], ENCODINGS, "y")
    with pytest.raises(TableError):
        table_of_rows([{"size": 1, "code": 1, "age": None}], ENCODINGS, "y")
