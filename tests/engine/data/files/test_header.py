"""Tests of headers: names and their lack, row names, columns left out, and first rows that may be data."""

from collections.abc import Mapping
from typing import Any

import pytest

from engine.data import Table, TableError, read_csv
from engine.data.said import Said
from engine.data.table import TableFault


def read(text: str, target: str | None = None, **said: Any) -> Table:
    return read_csv(text.encode(), max_bytes=1 << 20, target=target, said=Said(**said))


def cells(table: Table) -> Mapping[str, list[Any]]:
    return {column.name: column.values.tolist() for column in table.columns}


def faults_of(text: str, target: str | None = None, **said: Any) -> list[TableFault]:
    with pytest.raises(TableError) as caught:
        read(text, target, **said)
    return list(caught.value.faults)


def test_the_card_of_a_file_tells_how_it_was_read() -> None:
    assert read("a;b\n1;2\n").read == {"separator": "semicolon", "encoding": "utf-8", "header": True}
    read_as = read("1\t2\n3\t4\n", header="none", encoding="latin-1").read
    assert read_as == {"separator": "tab", "encoding": "iso8859-1", "header": False}


def test_without_a_header_columns_are_numbered_and_the_first_row_is_data() -> None:
    table = read("1,x\n2,y\n", target="c2", header="none")
    assert cells(table) == {"c1": [1.0, 2.0], "c2": ["x", "y"]}
    assert list(table.numbers) == [1, 2]


def test_a_first_row_of_numbers_is_asked_about() -> None:
    (fault,) = faults_of("1,2.5\n3,4\n")
    assert fault.about == "header"
    assert fault.detail == (
        'The row in line 1 should name the columns, but looks like data: "1", "2.5". Send header=none if it is data; '
        "the columns are then called c1, c2 and so on. Send header=first if not."
    )
    assert cells(read("1990,1991\n3,4\n", header="first")) == {"1990": [3.0], "1991": [4.0]}


def test_a_first_row_of_numbers_and_words_is_asked_about_unless_it_has_a_name_that_was_said() -> None:
    (fault,) = faults_of("5.1,3.5,setosa\n4.9,3.0,setosa\n", target="species")
    assert fault.about == "header"
    assert list(cells(read("400,402,y\n1,2,3\n", target="y"))) == ["400", "402", "y"]


@pytest.mark.parametrize(
    "text",
    [
        ",a,b\n0,1,x\n1,2,y\n",  # pandas.to_csv, R's write.csv
        '"","a","b"\n"1",1,"x"\n"2",2,"y"\n',
        '"a" "b"\n"1" 1 "x"\n"2" 2 "y"\n',  # R's write.table
        "a\tb\nMazda RX4\t1\tx\nFiat 128\t2\ty\n",
    ],
)
def test_a_first_column_without_a_name_is_left_out_with_a_note(text: str) -> None:
    table = read(text)
    assert cells(table) == {"a": [1.0, 2.0], "b": ["x", "y"]}
    assert [(note.code, note.columns) for note in table.notes] == [("row_names", ())]


def test_rows_one_cell_longer_whose_first_cells_repeat_are_no_row_names() -> None:
    assert [fault.detail[:42] for fault in faults_of("a,b\n1,2,3\n1,5,6\n")] == [
        "Line 2 has 3 cells and the header has 2. E",
        "Line 3 has 3 cells and the header has 2. E",
    ]


@pytest.mark.parametrize("text", ["a,b,\n1,x,\n2,y,\n", "a,b\n1,x,\n2,y,\n", "a,,b,\n1,,x, \n2,,y,\n"])
def test_columns_with_neither_name_nor_cells_are_left_out_with_a_note(text: str) -> None:
    table = read(text)
    assert cells(table) == {"a": [1.0, 2.0], "b": ["x", "y"]}
    assert [note.code for note in table.notes] == ["empty_columns"]


@pytest.mark.parametrize("separator", [",", "\t", "  "])
def test_single_quotes_around_all_names_are_taken_off_with_a_note(separator: str) -> None:
    names = separator.join(["'a'", "'b'"])
    table = read(f"{names}\n1{separator}x\n2{separator}y\n")
    assert cells(table) == {"a": [1.0, 2.0], "b": ["x", "y"]}
    assert [(note.code, note.columns) for note in table.notes] == [("quoted_names", ("a", "b"))]


def test_single_quotes_around_some_names_or_around_names_that_are_known_with_them_stay() -> None:
    assert list(cells(read("'a',b\n1,x\n2,y\n"))) == ["'a'", "b"]
    assert list(cells(read("'a','b'\n1,x\n2,y\n", target="'b'"))) == ["'a'", "'b'"]


def test_a_column_without_a_name_that_has_a_cell_anywhere_is_refused() -> None:
    (fault,) = faults_of("a,b,\n" + "1,2,\n" * 3000 + "1,2,3\n")
    assert fault.detail == "Column 3 has no name in the header. Name it, or leave it out."


def test_ignored_columns_are_left_out_whatever_they_hold() -> None:
    table = read("a,id,a,b\n1,x1,1,2\n2,7,,3\n3,8,inf,4\n4,9,9e999,5\n", ignore=["a", "id"])
    assert cells(table) == {"b": [2.0, 3.0, 4.0, 5.0]}
    assert [(note.code, note.columns) for note in table.notes] == [("ignored", ("a", "id"))]


def test_ignored_columns_have_to_be_there_and_the_target_is_none_of_them() -> None:
    unknown, target = faults_of("a,b,y\n1,2,3\n", target="y", ignore=["c", "y"])
    assert (unknown.about, unknown.detail) == ("ignore", 'There is no column "c". The columns are: "a", "b", "y".')
    assert (target.about, target.detail[:26]) == ("ignore", 'The column "y" is the targ')


@pytest.mark.parametrize("by", ["group", "order"])
def test_the_column_to_split_by_is_no_input_and_need_not_be_ignored(by: str) -> None:
    (fault,) = faults_of("a,g,y\n1,2,3\n", target="y", ignore=["g"], **{by: "g"})
    assert fault.about == "ignore"
    assert fault.detail == (f'The {by} column "g" is no input anyway, and needed for the split. Take it out of ignore.')


@pytest.mark.parametrize("said", [{"ignore": ["Petal-Width"]}, {"categorical": ["petal width"]}])
def test_an_unknown_name_is_answered_with_the_nearest(said: dict[str, Any]) -> None:
    (fault,) = faults_of("petal_width,b\n1,2\n", **said)
    assert 'Did you mean "petal_width"? The columns are: "petal_width", "b".' in fault.detail


def test_many_unknown_names_are_counted() -> None:
    header = ",".join(f"column_{place}" for place in range(300))
    faults = faults_of(f"{header}\n{'1,' * 299}1\n", ignore=[f"colum_{place}" for place in range(2000)])
    assert faults[-1].detail == "There are 1,980 more faults."


def test_a_separate_file_may_lack_an_ignored_column() -> None:
    said = Said(ignore=["id"])
    train = read("id,a,b\n1,2,3\n", ignore=["id"])
    table = read_csv(b"a,b\n4,5\n", max_bytes=100, like=train, said=said)
    assert cells(table) == {"a": [4.0], "b": [5.0]}


def test_wrong_words_for_separator_and_header_are_named_together() -> None:
    separator, header = faults_of("a,b\n1,2\n", separator=",", header="no")
    assert separator.detail == (
        'The separator "," is not possible: it must be one of comma, semicolon, tab, pipe, spaces.'
    )
    assert (separator.about, header.about) == ("separator", "header")


def test_a_separator_that_is_said_is_taken() -> None:
    assert cells(read("a;b,c\n1;2,3\n", separator="comma")) == {"a;b": ["1;2"], "c": [3.0]}
