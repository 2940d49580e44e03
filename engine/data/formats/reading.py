"""How the texts of a column are read, found once in training and kept on the card, so that predictions read alike."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from engine.data.formats.dates import ORDERS, DateFormat
from engine.data.formats.missing import USUAL, tokens_among_numbers
from engine.data.formats.numbers import Decimal, NumberFormat, Thousands
from engine.data.formats.words import WordFormat

Format = NumberFormat | DateFormat | WordFormat
_NAMES: Mapping[str, type[Format]] = {"numbers": NumberFormat, "dates": DateFormat, "words": WordFormat}


@dataclass(frozen=True, slots=True)
class Reading:
    """The format of a column's cells, and the tokens that are missing among them."""

    format: Format
    missing: tuple[str, ...] = USUAL

    def numbers(self, texts: Sequence[str]) -> list[float | None]:
        """Return the number of each text, NaN where missing, None where it is none. For numbers and dates."""
        assert not isinstance(self.format, WordFormat)
        missing = frozenset(self.missing)
        words = [text.strip() for text in texts]
        read = iter(self.format.read([word for word in words if word not in missing]))
        return [math.nan if word in missing else next(read) for word in words]

    def words(self, texts: Sequence[str]) -> list[str | None]:
        """Return the word of each text, None where missing. For words."""
        assert isinstance(self.format, WordFormat)
        missing = frozenset(self.missing)
        words = [text.strip() for text in texts]
        return [None if word in missing else same for word, same in zip(words, self.format.read(words), strict=True)]

    @property
    def is_plain(self) -> bool:
        """Tell whether the cells are numbers as programs write them, and what is missing among them is the usual."""
        return isinstance(self.format, NumberFormat) and self.format.is_plain and self.missing == _usual(self.format)

    @property
    def has_times(self) -> bool:
        """Tell whether the cells are dates with a time of day, which becomes an input of its own."""
        return isinstance(self.format, DateFormat) and self.format.times

    def card(self) -> dict[str, Any]:
        """Return the reading as plain JSON; usual tokens and what is plain are left out."""
        name = next(name for name, kind in _NAMES.items() if isinstance(self.format, kind))
        usual = self.missing == _usual(self.format)
        return {"as": name, **self.format.card(), **({} if usual else {"missing": list(self.missing)})}


PLAIN = Reading(NumberFormat(), tokens_among_numbers(None))
"""How columns are read that came as numbers."""


def _usual(how: Format) -> tuple[str, ...]:
    return USUAL if isinstance(how, WordFormat) else tokens_among_numbers(None)


def reading_from_card(card: Mapping[str, Any]) -> Reading:
    """Return the reading that `card` describes."""
    options = {name: value for name, value in card.items() if name not in ("as", "missing")}
    how = _NAMES[card["as"]](**options)
    return Reading(how, tuple(card["missing"]) if "missing" in card else _usual(how))


_SOUND: Mapping[str, Mapping[str, Any]] = {
    "numbers": {
        "decimal": lambda value: value in get_args(Decimal),
        "thousands": lambda value: value in get_args(Thousands),
        "unit": lambda value: isinstance(value, str),
    },
    "dates": {"order": lambda value: value in ORDERS, "times": lambda value: isinstance(value, bool)},
    "words": {"numbers": lambda value: isinstance(value, bool)},
}


def is_reading(value: Any, names: Sequence[str]) -> bool:
    """Tell whether a value of JSON is the card of a reading of one of these names: numbers, dates, words."""
    if not isinstance(value, dict) or not isinstance(value.get("as"), str) or value["as"] not in names:
        return False
    options = {name: option for name, option in value.items() if name not in ("as", "missing")}
    rules = _SOUND[value["as"]]
    tokens = value.get("missing", [])
    are_texts = isinstance(tokens, list) and all(isinstance(token, str) for token in tokens)
    return are_texts and all(name in rules and rules[name](option) for name, option in options.items())
