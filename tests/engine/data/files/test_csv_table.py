"""Tests of reading CSV: what is understood, and the sentence for each thing that is not."""

import gzip
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data import Table, TableError, read_csv
from engine.data.said import Said
from engine.data.table import CategoricalColumn, Column, NumericColumn

LIMIT = 1 << 20


def read(text: str, **said: list[str] | str) -> Table:
    categorical, target = said.get("categorical", []), said.get("target")
    assert target is None or isinstance(target, str)
    return read_csv(text.encode(), max_bytes=LIMIT, said=Said(categorical=categorical), target=target)


def faults_of(content: str | bytes, **said: list[str] | str) -> list[str]:
    raw = content.encode() if isinstance(content, str) else content
    categorical, target = said.get("categorical", []), said.get("target")
    assert target is None or isinstance(target, str)
    with pytest.raises(TableError) as caught:
        read_csv(raw, max_bytes=LIMIT, said=Said(categorical=categorical), target=target)
    return [fault.detail for fault in caught.value.faults]


def numbers(column: Column) -> list[float]:
    assert isinstance(column, NumericColumn)
    return [float(value) for value in column.values]


def words(column: Column) -> list[str | None]:
    assert isinstance(column, CategoricalColumn)
    return list(column.values)


def test_numbers_and_words_are_told_apart() -> None:
    table = read("a,b\n1,x\n2.5,y\n-3e2,x\n")
    assert [column.name for column in table.columns] == ["a", "b"]
    assert numbers(table.columns[0]) == [1.0, 2.5, -300.0]
    assert words(table.columns[1]) == ["x", "y", "x"]
    assert [table.place(row) for row in range(len(table))] == ["line 2", "line 3", "line 4"]


def test_a_named_column_of_numbers_becomes_categorical() -> None:
    table = read("zip,y\n01,1\n2,2\n,3\n", categorical=["zip"])
    assert words(table.columns[0]) == ["01", "2", None]


@pytest.mark.parametrize("missing", ["", " ", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?"])
def test_a_cell_may_be_missing_among_numbers_and_among_words(missing: str) -> None:
    table = read(f"a,b\n1,x\n{missing},{missing}\n")
    assert np.isnan(numbers(table.columns[0])[1])
    assert words(table.columns[1]) == ["x", None]
    assert [column.missing.tolist() for column in table.columns] == [[False, True]] * 2


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_line_ends_of_any_system_spaces_around_cells_a_byte_order_mark_and_blank_lines_are_fine(line_end: str) -> None:
    text = "\ufeff" + line_end.join([" a , b", "1, x ", "", "2,  y", "", ""])
    table = read(text)
    assert [column.name for column in table.columns] == ["a", "b"]
    assert numbers(table.columns[0]) == [1.0, 2.0]
    assert words(table.columns[1]) == ["x", "y"]
    assert list(table.numbers) == [2, 4]


def test_quoted_cells_may_hold_commas_quotes_and_line_breaks_and_lines_are_those_of_the_file() -> None:
    table = read('a,b\n"x, ""y""", 1\n"two\nlines",2\n"z",3\nw, "4"\n')
    assert words(table.columns[0]) == ['x, "y"', "two\nlines", "z", "w"]
    assert numbers(table.columns[1]) == [1.0, 2.0, 3.0, 4.0]
    assert list(table.numbers) == [2, 3, 5, 6]


def test_a_gzipped_table_is_read_like_the_plain_one() -> None:
    text = b"a,b\n1,x\n2,y\n"
    plain, zipped = (read_csv(content, max_bytes=LIMIT) for content in (text, gzip.compress(text, mtime=0)))
    assert [column.name for column in plain.columns] == [column.name for column in zipped.columns]
    assert all(
        one.values.tolist() == other.values.tolist() for one, other in zip(plain.columns, zipped.columns, strict=True)
    )


@pytest.mark.parametrize("content", [b"", b" \n\r\n ", b"\xef\xbb\xbf", gzip.compress(b"", mtime=0)])
def test_an_empty_file_is_refused(content: bytes) -> None:
    assert faults_of(content) == ["The file is empty. It needs a header row with column names, and rows below it."]


def test_a_header_alone_is_refused() -> None:
    assert faults_of("a,b\n\n") == ["The file has a header and no rows below it. Add rows."]


def test_rows_of_the_wrong_length_are_named_with_both_lengths() -> None:
    first, second = faults_of("a,b\n1,2\n3\n4,5,6\n")
    assert first.startswith("Line 3 has 1 cells and the header has 2. Every row needs one cell for each column")
    assert second.startswith("Line 4 has 3 cells and the header has 2.")


def test_names_that_are_double_or_missing_are_named_with_their_places() -> None:
    assert faults_of("a, ,a,b,b\n1,2,3,4,5\n") == [
        "Column 2 has no name in the header. Name it, or leave it out.",
        'Columns 1 and 3 are both called "a". Rename one of them.',
        'Columns 4 and 5 are both called "b". Rename one of them.',
    ]


def test_all_faults_of_a_file_come_together() -> None:
    text = "a,a,c,d,\n1,2,3,,5\n1,2\n1,2,x,,5\n1,2,4,,inf\n"
    found = faults_of(text, target="y", categorical=["z"])
    rules = ["has no name", "both called", "has 2 cells", '"z"', '"y"', '"x" is not a number', '"inf"']
    assert len(found) == len(rules)
    assert all(any(rule in fault for fault in found) for rule in rules)


def test_after_twenty_faults_the_rest_is_counted() -> None:
    found = faults_of("a,b\n" + "1\n" * 1030)
    assert len(found) == 21
    assert found[-1] == "There are 1,010 more faults."


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n" + "1\n" * 40_000,
        "a,b\n" + "1,1\nx,1\n" * 40_000,
        "a,b\n" + "1,1e39\n" * 40_000,
        "a,y\n1,1\n" + "1,\n" * 40_000,
    ],
)
def test_many_faults_cost_no_more_memory_than_the_rows_themselves(text: str) -> None:
    content = text.encode()
    tracemalloc.start()
    try:
        with pytest.raises(TableError) as caught:
            read_csv(content, max_bytes=LIMIT, target=text[2])
        assert tracemalloc.get_traced_memory()[1] < 6 << 20
    finally:
        tracemalloc.stop()
    assert len(caught.value.faults) == 21
    assert caught.value.faults[-1].detail == f"There are {40_000 - 20:,} more faults."


def test_a_header_of_commas_alone_is_refused_before_its_columns_are_made() -> None:
    content = b"," * (LIMIT - 1)
    tracemalloc.start()
    try:
        (fault,) = faults_of(content)
        assert tracemalloc.get_traced_memory()[1] < 24 << 20
    finally:
        tracemalloc.stop()
    assert fault.startswith("The header has 1,048,576 columns; at most 100,000 are possible.")


def test_rows_come_back_in_their_order_however_many_there_are() -> None:
    text = "n,w\n" + "".join("short\n" if row == 1500 else f"{row},w{row}\n" for row in range(2600))
    assert faults_of(text)[0].startswith("Line 1502 has 1 cells")
    table = read(text.replace("short", "1500,w1500"))
    assert numbers(table.columns[0]) == list(range(2600))
    assert words(table.columns[1]) == [f"w{row}" for row in range(2600)]
    assert list(table.numbers) == list(range(2, 2602))


def test_bytes_that_are_not_utf8_are_named_with_their_line() -> None:
    assert faults_of("a,b\n1,x\n2,käse\n".encode("latin1")) == [
        'Line 3 holds the byte 0xe4, which is not UTF-8. Say the encoding, such as "cp1252", "latin-1" or "utf-16", or '
        "save as UTF-8."
    ]


def test_a_nul_character_is_named_with_its_line() -> None:
    assert faults_of("a,b\n1,x\0\n") == [
        'Line 2 holds a NUL character. A CSV file is plain text: say the encoding, such as "utf-16-le", or save as '
        "UTF-8."
    ]


@pytest.mark.parametrize("text", ['a,b\n1,2\n3,"open\n4,5\n', 'a,b\n1,2\n3,"x"y\n'])
def test_broken_quotes_are_named_with_the_line_where_the_row_begins(text: str) -> None:
    (fault,) = faults_of(text)
    assert fault.startswith("The row that begins in line 3 is not CSV: ")
    assert fault.endswith("needs quotes around it, and each quote within it twice.")


def test_an_endless_cell_is_refused() -> None:
    (fault,) = faults_of("a,b\n" + "x" * 200_000 + ",1\n")
    assert "line 2 is not CSV: field larger than field limit" in fault


@pytest.mark.parametrize("text", ["abc", "1_000", "0x10", "1.2.3"])
def test_text_among_numbers_is_named_with_its_place_and_ways_out(text: str) -> None:
    (fault,) = faults_of(f'a,b\n1,1\n2,1\n3,1\n"{text}",1\n')
    assert fault == (
        f'Line 5, column "a": "{text}" is not a number, but at least half of the column is. Mend the cell, leave it '
        "empty if the value is missing, or name the column in categorical."
    )


def test_half_a_column_of_numbers_is_asked_about_and_fewer_are_words() -> None:
    assert len(faults_of("a\n1\nx\n")) == 1
    assert words(read("a\n1\nx\ny\n").columns[0]) == ["1", "x", "y"]


@pytest.mark.parametrize("text", ["inf", "-Infinity", "1e400", "1e39", "-1e39"])
def test_numbers_that_a_network_cannot_hold_are_refused(text: str) -> None:
    assert faults_of(f"a,b\n1,1\n{text},2\n") == [
        f'Line 3, column "a": "{text}" is not a number between -3.4e+38 and 3.4e+38. Leave the cell empty if the '
        "value is missing, or rescale the column."
    ]


def test_columns_of_words_in_the_training_table_are_words_here_too_and_others_are_not_missed() -> None:
    train = read("a,b,c\nx,1,y\n")
    table = read_csv(b"b,a,d\n,7,\n2,8,\n", max_bytes=1 << 20, like=train)
    assert [type(column) for column in table.columns] == [NumericColumn, CategoricalColumn, NumericColumn]


def test_missing_target_cells_are_named_with_their_lines() -> None:
    way = (
        "Fill it in, leave such rows out with missing_target=drop, or say with missing what counts as missing, if it "
        "is a class."
    )
    assert faults_of("a,y\n1,1\n2,\n3,1\n4,?\n", target="y") == [
        f'The target "y" is missing in line 3. {way}',
        f'The target "y" is missing in line 5. {way}',
    ]


def test_names_that_are_not_in_the_header_are_refused_with_what_there_is() -> None:
    with pytest.raises(TableError) as caught:
        read("a,b\n1,2\n", target="price", categorical=["kind"])
    assert [(fault.about, fault.detail) for fault in caught.value.faults] == [
        ("categorical", 'There is no column "kind". The columns are: "a", "b".'),
        ("target", 'There is no column "price". The columns are: "a", "b".'),
    ]


def test_long_names_and_cells_are_shortened_in_messages() -> None:
    (fault,) = faults_of("a\n1\n2\n" + "x" * 10_000 + "\n")
    assert len(fault) < 300


def test_a_header_with_too_many_columns_is_refused() -> None:
    names = ",".join(f"c{index}" for index in range(100_001))
    (fault,) = faults_of(names + "\n1\n")
    assert fault == "The header has 100,001 columns; at most 100,000 are possible. Leave some out."


@pytest.mark.parametrize("cut", [1, 3, 9, 15, 30])
def test_a_truncated_gzip_file_is_refused(cut: int) -> None:
    zipped = gzip.compress(b"a,b\n" + bytes(str(list(range(1000))), "ascii"))
    (fault,) = faults_of(zipped[:-cut])
    assert fault.startswith("The gzip file is broken: ")


def test_a_gzip_file_with_a_wrong_checksum_or_garbage_behind_it_is_refused() -> None:
    zipped = gzip.compress(b"a,b\n1,2\n", mtime=0)
    for broken in (zipped[:-8] + b"\0" * 8, zipped + b"garbage", b"\x1f\x8b", zipped[:12] + b"\xff\xff" + zipped[14:]):
        assert faults_of(broken)[0].startswith("The gzip file is broken: ")


def test_a_gzip_bomb_is_refused_before_it_unfolds() -> None:
    bomb = gzip.compress(b"a" * (64 << 20))
    tracemalloc.start()
    try:
        (fault,) = faults_of(bomb)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()
    assert fault.startswith("The table has more than 1,048,576 bytes, the most that is allowed.")


def test_a_plain_table_over_the_limit_is_refused() -> None:
    with pytest.raises(TableError, match="more than 10 bytes"):
        read_csv(b"a,b\n1,2\n3,4\n", max_bytes=10)


@settings(deadline=None)
@given(st.lists(st.floats(-3.4e38, 3.4e38, allow_subnormal=False), min_size=1, max_size=20))
def test_every_number_comes_back_exactly(values: list[float]) -> None:
    text = "a\n" + "".join(f"{value!r}\n" for value in values)
    assert numbers(read(text).columns[0]) == values
