"""Tests of finding out what separates cells: files as people have them, and those where nobody can tell."""

import io

import pytest

from engine.data import TableError
from engine.data.files.separators import find_separator, rows_of

FILES = {
    "commas": ("a,b\n1,2\n", "comma"),
    "semicolons": ("a;b\n1;2\n", "semicolon"),
    "tabs": ("a\tb\n1\t2\n", "tab"),
    "pipes": ("a|b\n1|2\n", "pipe"),
    "one space": ("a b\n1 2\n", "spaces"),
    "columns aligned by spaces": ("  a     b\n  1  2.25\n 10    3\n", "spaces"),
    "quoted commas in a semicolon file": ('name;y\n"Smith, John";1\n"Doe, Ann";2\n', "semicolon"),
    "a sentence in a semicolon file": ("name;y\nSmith, John;1\nDoe, Ann;2\n", "semicolon"),
    "decimal commas in a semicolon file": ("a;b\n1,5;2,5\n3,5;4,5\n", "semicolon"),
    "decimal commas and commas in the header": ("temperature, C;humidity, %\n1,5;2,5\n3,5;4,5\n", "semicolon"),
    "decimal commas between tabs": ("a\tb\n1,5\t2,5\n", "tab"),
    "decimal commas between spaces": ("year value\n2020 1,5\n2021 2,5\n", "spaces"),
    "quoted semicolons in a comma file": ('a,b\n"x;y",1\n"z;w",2\n', "comma"),
    "lists with pipes in a comma file": ("title,kinds,y\nHeat,Action|Crime,1\nBig,Comedy|Drama,2\n", "comma"),
    "a header with spaces": ("first name,last name\nJohn Smith,Mary Ann\nJo Smith,Al Ann\n", "comma"),
    "spaces after commas": ("a, b, c\n1, 2, 3\n4, 5, 6\n", "comma"),
    "spaces around pipes": ("a | b\n1 | 2\n", "pipe"),
    "sentences": ("text,y\nall is well,1\nit is, or so they say,0\nthe end,1\n", "comma"),
    "one column of numbers": ("a\n1\n2\n", "comma"),
    "one column of sentences": ("text\nthis is one\nand another one here\n", "comma"),
    "one column whose cells have spaces": ("a\nx y\nz w\n", "comma"),
    "row names as R writes them": ('"a" "b"\n"1" 5 6\n"2" 7 8\n', "spaces"),
    "row names and commas": ('"a","b"\n"1",5,6\n"2",7,8\n', "comma"),
    "a few ragged rows": ("a,b\n" + "1,2\n" * 20 + "3\n", "comma"),
    "only ragged rows": ("a,b\n1\n1,2,3\n", "comma"),
    "one title above the table": ("report\na;b\n1;2\n3;4\n", "semicolon"),
    "line breaks in quotes": ('a;b\n"one\ntwo, three";1\n"four,\nfive";2\n', "semicolon"),
    "carriage returns": ("a;b\r1;2\r3;4\r", "semicolon"),
    "a header alone": ("a;b;c\n", "semicolon"),
    "quotes broken further down": ('a;b\n1;2\n"open;3\n4;5\n', "semicolon"),
    "times and dates": ("when,y\n2020-01-01 10:00,1\n2020-01-02 11:30,2\n", "comma"),
    "nothing": ("a\n", "comma"),
}


@pytest.mark.parametrize(("text", "separator"), FILES.values(), ids=FILES.keys())
def test_the_separator_of_a_file_is_found(text: str, separator: str) -> None:
    assert find_separator(io.StringIO(text, newline="")) == separator


@pytest.mark.parametrize(
    "text", ["a,b;c,d\nx,y;z,w\n", "a|b;c|d\nx|y;z|w\n", "a\tb,c\td\nx\ty,z\tw\n", "a,b|c\n1,2|3\n"]
)
def test_where_two_separators_do_equally_well_nobody_guesses(text: str) -> None:
    with pytest.raises(TableError) as caught:
        find_separator(io.StringIO(text))
    (fault,) = caught.value.faults
    assert fault.about == "separator"
    assert "Send separator=" in fault.detail


def test_names_that_have_to_be_there_and_the_file_before_decide() -> None:
    text = "a,b;c,d\nx,y;z,w\n"
    assert find_separator(io.StringIO(text), known=["a", "d"]) == "comma"
    assert find_separator(io.StringIO(text), known=["c,d"]) == "semicolon"
    assert find_separator(io.StringIO(text), known=["e"], usual="semicolon") == "semicolon"
    assert find_separator(io.StringIO("full name\nJo Smith\n"), known=["full name"]) == "comma"
    assert find_separator(io.StringIO("a\n1,5\n2,5\n"), known=["a"]) != "comma"


def test_a_long_file_is_judged_by_its_beginning() -> None:
    text = io.StringIO("a;b\n" + "1,5;2\n" * 100_000 + "x,y\n" * 100_000)
    assert find_separator(text) == "semicolon"


def test_rows_between_spaces_keep_quoted_cells_whole() -> None:
    text = ' a  "b c" d \n\n1 "" "say ""x"""\n2 5" 3"\n'
    rows = list(rows_of(io.StringIO(text), "spaces"))
    assert rows == [(1, ["a", "b c", "d"]), (3, ["1", "", 'say "x"']), (4, ["2", '5"', '3"'])]


def test_an_open_quote_between_spaces_is_a_fault_with_its_line() -> None:
    with pytest.raises(TableError, match="The row that begins in line 2 is not in order: a quote is not closed"):
        list(rows_of(io.StringIO('a b\n"1 2\n'), "spaces"))
