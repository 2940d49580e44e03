"""Tests of how numbers in disguise are found out: what is read, what is asked for, and what stays words."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.data.columns.doubt import Doubt
from engine.data.columns.number_guess import guess_numbers
from engine.data.formats.numbers import NumberFormat


def guessed(*words: str) -> NumberFormat | Doubt | None:
    return guess_numbers(words, [1] * len(words))


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        (["$1,100", "$950", "0"], [1100, 950, 0]),
        (["$1,100.50", "US$ 3"], None),
        (["£1,234", "-£5", "£-6"], [1234, -5, -6]),
        (["$1.234"], [1.234]),
        (["USD 12", "USD 13.5"], [12, 13.5]),
        (["€ 3.50", "€ 12"], [3.5, 12]),
        (["3,50 €", "1.234,00 €"], [3.5, 1234]),
        (["12 %", "3%"], [12, 3]),
        (["1,5", "2"], [1.5, 2]),
        (["12 years", "1 year", "3 Years"], [12, 1, 3]),
        (["5 miles per hour"], [5]),
        (["5 °C", "-3 °C"], [5, -3]),
        (["1 234,5", "12"], [1234.5, 12]),
        (["1\u00a0234", "1\u202f234"], [1234, 1234]),
        (["1'000", "2’500.5"], [1000, 2500.5]),
        (["1,234", "12,5"], [1.234, 12.5]),
        (["1,234", "1,234,567"], [1234, 1234567]),
        (["1,234", "1,234.5"], [1234, 1234.5]),
        (["0,123", "1,234"], [0.123, 1.234]),
        (["1.234.567", "1.234"], [1234567, 1234]),
        (["1,00,000", "50,000"], [100000, 50000]),
        (["(1,100.00)", "950.5"], [-1100, 950.5]),
        (["($5)", "$6"], [-5, 6]),
        (["\u22125", "+3", "2"], [-5, 3, 2]),
        (["1,5e-05", "2,0"], [1.5e-05, 2]),
        (["$1.5M", "$2M"], [1.5, 2]),
        (["4wd", "2wd"], [4, 2]),
        ([".5 kg", "1 kg"], [0.5, 1]),
        (["A11", "A12"], None),
        (["10-19", "20-29"], None),
        (["T3", "T4"], None),
        (["4wd", "2wd", "fwd"], None),
        (["<9years", "12years", "13-15years"], None),
        (["3 years", "4 years", "5 years", "10+ years", "< 1 year"], None),
        (["12A", "12B", "7C"], None),
        (["1st", "2nd", "3rd"], None),
        (["12 Main St", "5 Elm Road"], None),
        (["10+", "5+"], None),
        (["12:30", "13:45"], None),
        (["13.05.2020", "14.05.2020"], None),
        (["2020-05-13"], None),
        (["1/2", "3/4"], None),
        (["1,5", "x", "y"], None),
        (["1e5 (", "(5"], None),
        ([" " * 79 + "x", "(" + " " * 78 + "x"], None),
    ],
)
def test_words_are_numbers_of_one_format_or_stay_words(words: list[str], numbers: list[float] | None) -> None:
    found = guessed(*words)
    if numbers is None:
        assert not isinstance(found, NumberFormat) or None in found.read(words)
    else:
        assert isinstance(found, NumberFormat)
        assert found.read(words) == numbers


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (["1,234"], "thousands"),
        (["1,234", "5,678", "12"], "thousands"),
        (["(1,100)", "950"], "thousands"),
        (["€1.234", "€2.500"], "thousands"),
        (["€1,234"], "thousands"),
        (["$5", "€6"], "categorical"),
        (["$5", "$6", "7"], "categorical"),
        (["12 %", "5 %", "0.12"], "categorical"),
        (["5 kg", "300 g"], "categorical"),
        (["19M", "201k"], "categorical"),
    ],
)
def test_what_no_cell_can_tell_is_asked_for_by_its_field(words: list[str], field: str) -> None:
    found = guessed(*words)
    assert isinstance(found, Doubt)
    assert found.about == field
    assert words[0] in found.says


def test_what_was_said_decides() -> None:
    assert guess_numbers(["1,234"], [1], decimal="comma") == NumberFormat("comma")
    assert guess_numbers(["1,234"], [1], thousands="comma") == NumberFormat("point", "comma")
    assert guess_numbers(["1,234"], [1], decimal="point") == NumberFormat("point", "comma")
    assert guess_numbers(["1,234"], [1], thousands="none") == NumberFormat("comma")
    assert guess_numbers(["1.234"], [1], thousands="point") == NumberFormat("comma", "point")
    assert guess_numbers(["€1.234"], [1], decimal="point") == NumberFormat("point", "none", "€")
    assert guess_numbers(["1.5"], [1], decimal="comma") is None


def test_half_of_the_cells_make_a_column_of_numbers_and_fewer_do_not() -> None:
    assert guess_numbers(["1,5", "x"], [2, 2]) == NumberFormat("comma")
    assert guess_numbers(["1,5", "x"], [2, 3]) is None
    assert guess_numbers(["12 years", "unknown"], [3, 1]) == NumberFormat(unit="year")


def test_a_number_of_another_format_is_none() -> None:
    assert NumberFormat("comma").read(["1.5", "1.234,5", "1,5", "7"]) == [None, None, 1.5, 7.0]
    assert NumberFormat(unit="%").read(["12", "12 %", "12 $", "0", "0.0"]) == [None, 12.0, None, 0.0, 0.0]
    assert NumberFormat().read(["1_000", "1,5", "0x10"]) == [None, None, None]


MARKS = {"point": ".", "comma": ","}
GROUPS = {"none": "", "comma": ",", "point": ".", "space": " ", "quote": "'"}
FORMATS = [
    NumberFormat(decimal, thousands, unit)
    for decimal in ("point", "comma")
    for thousands in ("none", "comma", "point", "space", "quote")
    for unit in ("", "$", "%", "kg")
    if decimal != thousands
]


def typed(number: Decimal, how: NumberFormat) -> str:
    """A number as people would write it, by Python's own grouping."""
    text = f"{abs(number):,f}".translate({ord(","): "_", ord("."): MARKS[how.decimal]})
    text = ("-" if number < 0 else "") + text.replace("_", GROUPS[how.thousands])
    return f"${text}" if how.unit == "$" else f"{text} {how.unit}".strip()


@given(
    st.lists(st.decimals(-(10**9), 10**9, places=2, allow_nan=False), min_size=1, unique=True),
    st.sampled_from(FORMATS),
)
def test_numbers_with_two_decimals_come_back_from_any_format(numbers: Sequence[Decimal], how: NumberFormat) -> None:
    words = [typed(number, how) for number in numbers]
    found = guessed(*words)
    assert isinstance(found, NumberFormat)
    assert found.read(words) == [float(number) for number in numbers]


@given(
    st.lists(
        st.text(max_size=12) | st.from_regex(r"[-+(]?[$€]?[0-9.,' ]{1,9}( ?(%|kg|m))?\)?", fullmatch=True), unique=True
    )
)
@example(["", "0", "0'0"])
def test_whatever_a_column_holds_there_is_an_answer_and_at_least_half_of_it_is_read(words: list[str]) -> None:
    found = guessed(*words)
    if isinstance(found, NumberFormat):
        assert 2 * sum(number is not None for number in found.read(words)) >= len(words)
