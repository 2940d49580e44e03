"""Tests of what a column of texts means: numbers, dates or words, which cells are missing, and what is noted."""

import numpy as np
import pytest

from engine.data import Table, TableError, read_csv
from engine.data.said import Said
from engine.data.table import CategoricalColumn, NumericColumn


def read(*cells: str, said: Said | None = None, like: Table | None = None, target: str | None = None) -> Table:
    text = "a,b\n" + "".join(f'"{cell}",1\n' for cell in cells)
    return read_csv(text.encode(), max_bytes=1 << 20, said=said or Said(), like=like, target=target)


def values(table: Table) -> list[float | str | None]:
    column = table.columns[0]
    if isinstance(column, NumericColumn):
        return [None if np.isnan(value) else float(value) for value in column.values]
    return list(column.values)


def codes(table: Table) -> list[str]:
    return [note.code for note in table.notes]


def fault(*cells: str, **how: str | Table | Said) -> tuple[str, str]:
    with pytest.raises(TableError) as caught:
        read(*cells, **how)  # type: ignore[arg-type]  # as read takes them
    (only,) = caught.value.faults
    return only.about, only.detail


@pytest.mark.parametrize(
    ("cells", "expected", "noted"),
    [
        (["$1,100", "$950"], [1100.0, 950.0], ["numbers_in_disguise"]),
        (["12 %", "3 %"], [12.0, 3.0], ["numbers_in_disguise"]),
        (["1,5", "2,5"], [1.5, 2.5], ["numbers_in_disguise"]),
        (["12 years", "1 year"], [12.0, 1.0], ["numbers_in_disguise"]),
        (["13/05/2020", "01/02/2020"], [18395.0, 18293.0], ["dates"]),
        (["A11", "T3"], ["A11", "T3"], ["digits_in_words"]),
        (["10-19", "20-29"], ["10-19", "20-29"], ["digits_in_words"]),
        (["01", "2"], [1.0, 2.0], ["leading_zeros"]),
        (["x", "y"], ["x", "y"], []),
        (["1", "2.5", "1e5", "0", "0.5", "-0.5"], [1.0, 2.5, 1e5, 0.0, 0.5, -0.5], []),
    ],
)
def test_what_a_column_means_and_what_is_noted(cells: list[str], expected: list[float | str], noted: list[str]) -> None:
    table = read(*cells)
    assert values(table) == expected
    assert codes(table) == noted


def test_notes_name_an_example_and_all_columns_that_are_alike() -> None:
    table = read_csv(b"p,q,r\n$5,$6,A1\n$7,$8,A2\n", max_bytes=1 << 20)
    assert [(note.columns, note.detail) for note in table.notes] == [
        (
            ("p", "q"),
            'Texts are read as numbers, in the unit "$", in the columns "p", "q": "$5" is 5. Name what holds codes in '
            "categorical.",
        ),
        (
            ("r",),
            'Words with digits in them, such as "A1", stay words in the column "r". If they are quantities, write '
            "them as numbers, all in one unit.",
        ),
    ]


def test_what_cannot_be_told_is_asked_for() -> None:
    assert fault("1,234", "2,345") == (
        "thousands",
        'The column "a" has numbers such as "1,234", and no cell tells whether that is 1234 or 1.234. Send '
        "thousands=comma or decimal=comma.",
    )
    assert fault("01/02/2020")[0] == "dates"
    assert fault("$5", "€6")[0] == "categorical"
    assert values(read("1,234", said=Said(thousands="comma"))) == [1234.0]
    assert values(read("1,234", said=Said(decimal="comma"))) == [1.234]
    assert values(read("1.234", said=Said(decimal="comma"))) == [1234.0]
    assert values(read("01/02/2020", said=Said(dates="mdy"))) == [18263.0]
    assert values(read("1,234", "$5", said=Said(categorical=["a"]))) == ["1,234", "$5"]


def test_a_cell_that_is_not_like_the_others_is_named_with_its_line() -> None:
    about, detail = fault("12 %", "3 %", "some")
    assert about == "file"
    assert detail.startswith('Line 4, column "a": "some" is not a number with the unit "%", but at least half of')
    assert (
        'Line 4, column "a": "31/02/2020" is not a date with the day first'
        in fault("13/05/2020", "1/5/2020", "31/02/2020")[1]
    )


AMONG_NUMBERS = (
    *("n/a", "#N/A", "<NA>", "NAN", "Nan", "-nan", "none", "nil", "Null", "-", ".", "missing", "#DIV/0!"),
    r"\N",
)


@pytest.mark.parametrize("token", AMONG_NUMBERS)
def test_more_tokens_are_missing_among_numbers_and_words_among_words(token: str) -> None:
    table = read("1", token, "2")
    assert values(table) == [1.0, None, 2.0]
    assert codes(table) == ["missing_tokens"]
    assert values(read("x", token, "y")) == ["x", token, "y"]
    assert values(read("$1", token, "$2")) == [1.0, None, 2.0]
    assert values(read("2020-05-13", token)) == [18395.0, None]


@pytest.mark.parametrize("token", AMONG_NUMBERS)
def test_in_the_target_they_are_faults(token: str) -> None:
    assert f'"{token}" is not a number' in fault("1", token, "2", target="a")[1]


@pytest.mark.parametrize("word", ["+nan", "-NaN", "nAn"])
def test_a_word_for_no_number_that_is_no_token_is_a_fault(word: str) -> None:
    assert f'"{word}" is not a number' in fault("1", word, "2")[1]
    assert f'"{word}" is not a number' in fault("$1", word, "$2")[1]
    assert '"nan" is not a number' in fault("1", "nan", "2", said=Said(missing=[""]))[1]


def test_they_are_missing_only_where_all_other_cells_are_numbers() -> None:
    with pytest.raises(TableError) as caught:
        read("1", "2", "3", "-", "x")
    assert [fault.detail[:25] for fault in caught.value.faults] == [
        'Line 5, column "a": "-" i',
        'Line 6, column "a": "x" i',
    ]


def test_missing_replaces_the_tokens_also_by_none() -> None:
    assert values(read("NA", "DE", "", said=Said(missing=[""]))) == ["NA", "DE", None]
    assert values(read("None", "All", target="a", said=Said(missing=[""]))) == ["None", "All"]
    assert values(read("-9", "1", "NA", said=Said(missing=["-9", "NA"]))) == [None, 1.0, None]
    assert values(read("x", "unknown", said=Said(missing=["unknown"]))) == ["x", None]
    assert '"NA" is not a number' in fault("1", "2", "NA", said=Said(missing=[""]))[1]


def test_the_note_on_missing_cells_names_the_tokens_beyond_the_empty_one() -> None:
    table = read("1", "", "NA", "?")
    assert [note.detail for note in table.notes] == [
        'Cells with "NA", "?" count as missing in the column "a". Send missing= with other tokens, or with none, if '
        "they mean something."
    ]
    assert read("1", "").notes == ()


def test_categorical_numbers_of_one_value_are_one_word_unless_one_has_a_leading_zero_or_an_exponent() -> None:
    said = Said(categorical=["a"])
    assert values(read("1", "1.0", " 1.50", "-0", "+2", said=said)) == ["1", "1", "1.5", "0", "2"]
    assert values(read("01", "1", "1.0", said=said)) == ["01", "1", "1.0"]
    assert values(read("1E10", "1", "1.0", said=said)) == ["1E10", "1", "1.0"]
    assert values(read("9007199254740993", "9007199254740992", said=said)) == ["9007199254740993", "9007199254740992"]


def test_another_file_is_read_as_the_training_file_was() -> None:
    train = read("$1,100", "$950", "-")
    assert values(read("$2,200", "$3", "n/a", like=train)) == [2200.0, 3.0, None]
    assert values(read("$2,200", "$3", "n/a", like=train)) != values(train)
    assert '"€5" is not a number with the unit "$", as every cell' in fault("$1", "€5", like=train)[1]
    dates = read("13/05/2020", "14/05/2020")
    assert values(read("01/02/2020", like=dates)) == [18293.0]
    comma = read("1,5", "12,25")
    assert values(read("1,234", like=comma)) == [1.234]
    labels = read("1", "2", said=Said(categorical=["a"]))
    assert values(read("1.0", like=labels)) == ["1"]


def test_a_file_of_words_where_the_training_file_has_numbers_is_one_of_words() -> None:
    assert isinstance(read("x", "y", "1", like=read("1", "2")).columns[0], CategoricalColumn)


@pytest.mark.parametrize(
    ("cells", "noted"),
    [(["1.234", "2.5"], True), (["1.234", "12.3456"], False), (["1.25", "2.5"], False), (["1.234", "1234"], False)],
)
def test_points_that_may_group_thousands_are_noted_where_another_column_has_decimal_commas(
    cells: list[str], *, noted: bool
) -> None:
    table = read_csv(f'a,b\n{cells[0]},"1,5"\n{cells[1]},"2,5"\n'.encode(), max_bytes=1 << 20)
    assert [note.columns for note in table.notes if note.code == "mixed_decimals"] == ([("a",)] if noted else [])
    assert codes(read(*cells)) == []


def test_a_column_without_values_is_one_of_numbers_whatever_was_said() -> None:
    for said in (Said(), Said(decimal="comma"), Said(thousands="point"), Said(dates="dmy")):
        assert values(read("", "NA", said=said)) == [None, None]
