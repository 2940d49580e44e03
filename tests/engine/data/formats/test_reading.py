"""Tests of readings: what of them is on a card, and which cards are none."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data.formats.dates import DateFormat
from engine.data.formats.missing import USUAL, tokens_among_numbers
from engine.data.formats.numbers import NumberFormat
from engine.data.formats.reading import Reading, is_reading, reading_from_card
from engine.data.formats.words import WordFormat

NUMBERS = st.builds(
    NumberFormat,
    st.sampled_from(["point", "comma"]),
    st.sampled_from(["none", "comma", "point", "space", "quote"]),
    st.sampled_from(["", "$", "%", "kg"]),
)
DATES = st.builds(DateFormat, st.sampled_from(["ymd", "dmy", "mdy"]), st.booleans())
FORMATS = NUMBERS | DATES | st.builds(WordFormat, st.booleans())
TOKENS = st.sampled_from([USUAL, tokens_among_numbers(None), ("",), ("", "-9")])


@given(st.builds(Reading, FORMATS, TOKENS))
def test_a_reading_comes_back_from_its_card(reading: Reading) -> None:
    card = json.loads(json.dumps(reading.card()))
    assert is_reading(card, ("numbers", "dates", "words"))
    assert reading_from_card(card) == reading


def test_a_plain_column_has_a_short_card() -> None:
    assert Reading(NumberFormat(), tokens_among_numbers(None)).card() == {"as": "numbers"}
    assert Reading(WordFormat(), USUAL).card() == {"as": "words"}


@pytest.mark.parametrize(
    "card",
    [
        None,
        [],
        {},
        {"as": "words"},
        {"as": ["numbers"]},
        {"as": "numbers", "decimal": "dot"},
        {"as": "numbers", "thousands": ["comma"]},
        {"as": "numbers", "unit": 5},
        {"as": "numbers", "order": "dmy"},
        {"as": "numbers", "missing": "NA"},
        {"as": "numbers", "missing": [None]},
        {"as": "dates", "order": "ydm"},
        {"as": "dates", "times": 1},
    ],
)
def test_other_values_are_no_cards_of_numbers_or_dates(card: Any) -> None:
    assert not is_reading(card, ("numbers", "dates"))
