"""Numbers as people write them: with a currency or a unit, grouped thousands, a decimal comma, brackets for a minus."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

Decimal = Literal["point", "comma"]
Thousands = Literal["comma", "point", "space", "quote", "none"]

MARKS: Mapping[Decimal, str] = {"point": ".", "comma": ","}
GROUPS: Mapping[Thousands, str] = {
    "none": "",
    "comma": ",",
    "point": ".",
    "space": " \u00a0\u2009\u202f",
    "quote": "'’",
}

CURRENCY_SIGNS = "$¢£¤¥฿₠-⃀＄￠￡￥￦"
# fmt: off
CURRENCY_CODES = (
    "AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "Fr", "Fr.", "GBP", "HKD", "HUF", "INR",
    "JPY", "KRW", "kr", "kr.", "MXN", "NOK", "NZD", "PLN", "RON", "RUB", "Rp", "Rs", "Rs.", "SEK",
    "SGD", "TRY", "TWD", "USD", "ZAR",
)
# fmt: on

_DIGITS = str.maketrans("123456789", "000000000")
_LONGEST = 80
_CURRENCY = rf"(?:[A-Za-z]{{1,3}}\.?)?[{CURRENCY_SIGNS}]|{'|'.join(map(re.escape, CURRENCY_CODES))}"
_SPACES = r"[ \u00a0\u2009\u202f]"
_WRITTEN = re.compile(
    rf"(?P<open>\()?{_SPACES}*(?P<sign>[-+−])?{_SPACES}*(?:(?P<currency>{_CURRENCY}){_SPACES}*(?P<inner>[-+−])?)?"
    rf"(?P<digits>(?P<body>[.,]?0(?:[0.,'’ \u00a0\u2009\u202f]*0)?)(?:[eE][-+]?0+)?)"
    rf"(?P<space>{_SPACES}*)(?P<unit>(?:[^\W_]|[%‰％°{CURRENCY_SIGNS}])[^0()\[\],;:<>=+]{{0,29}}?)?{_SPACES}*(?P<close>\))?"
)


@dataclass(frozen=True, slots=True)
class Shape:
    """How a number is written, every digit as 0: where its digits stand, their `body` without exponent, and the rest.

    `unit` is that of `unit_of`; `apart` tells whether a space lies between it and the digits.
    """

    start: int
    stop: int
    body: str
    negative: bool
    unit: str
    apart: bool


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """How the numbers of a column are written; all of them have the `unit`, if there is one."""

    decimal: Decimal = "point"
    thousands: Thousands = "none"
    unit: str = ""

    def read(self, words: Sequence[str]) -> Sequence[float | None]:
        """Return the number that each word holds, None where it holds none that is written like this."""
        if self.is_plain and (numbers := plain_numbers(words)) is not None:
            return numbers
        shapes, fits = Shapes(), dict[Shape, bool]()
        return [self._number(word, shapes.of(word), fits) for word in words]

    def fits(self, shape: Shape) -> bool:
        """Tell whether the digits of a number are grouped and its decimals marked in this way."""
        return body_pattern(self.decimal, self.thousands).fullmatch(shape.body) is not None

    def card(self) -> dict[str, str]:
        """Return what differs from the plain format."""
        every = {"decimal": self.decimal, "thousands": self.thousands, "unit": self.unit}
        return {name: value for name, value in every.items() if value != getattr(_PLAIN, name)}

    @property
    def noun(self) -> str:
        """What a cell is, in a sentence."""
        decimal = " with a decimal comma" if self.decimal == "comma" else ""
        unit = f'{" and" if decimal else " with"} the unit "{self.unit}"' if self.unit else ""
        return f"a number{decimal}{unit}"

    @property
    def is_plain(self) -> bool:
        """Tell whether programs write numbers in this way."""
        return self.decimal == "point" and not self.unit

    def _number(self, word: str, shape: "Shape | None", fits: "dict[Shape, bool]") -> float | None:
        if shape is None:
            return parse_number(word) if self.is_plain else None
        known = fits.get(shape)
        if not (fits.setdefault(shape, self.fits(shape)) if known is None else known):
            return None
        digits = word[shape.start : shape.stop]
        if len(digits) > 1 and digits[0] == "0" and digits[1] in GROUPS[self.thousands]:
            return None  # nobody groups a zero: in 0.126 the point marks decimals
        for mark in GROUPS[self.thousands]:
            digits = digits.replace(mark, "")
        number = float(digits.replace(",", ".") if self.decimal == "comma" else digits)
        if shape.unit != self.unit and (shape.unit or number):  # nothing needs no unit
            return None
        return -number if shape.negative else number


_PLAIN = NumberFormat()


def parse_number(word: str) -> float | None:
    """Return the number that a word holds as programs write it, None if it is none."""
    numbers = plain_numbers([word])
    return numbers[0] if numbers else None


def plain_numbers(words: Sequence[str]) -> list[float | None] | None:
    """Return the numbers if all words are numbers as programs write them.

    Python also reads 1_000, by which a table means something else, and "+nan" and "nAn", which are no numbers: what is
    missing is told by tokens alone.
    """
    try:
        numbers = [*map(float, words)]
    except ValueError:
        return None
    return None if any("_" in word for word in words) or any(map(math.isnan, numbers)) else [*numbers]


class Shapes:
    """The shapes of numbers: few even among a million different ones, so that each is looked at once."""

    def __init__(self) -> None:
        self._known: dict[str, Shape | None] = {}

    def of(self, word: str) -> Shape | None:
        """Return how a number is written, None if the word is none."""
        if len(word) > _LONGEST:
            return None
        written = word.translate(_DIGITS)
        if written not in self._known:
            self._known[written] = _shape(written)
        return self._known[written]


@cache
def body_pattern(decimal: Decimal, thousands: Thousands) -> re.Pattern[str]:
    """Return what the body of a number looks like, every digit as 0; lakhs (1,00,000) count as grouped by commas."""
    group = GROUPS[thousands]
    whole = rf"0{{1,3}}(?:[{group}]000)+|0+" if group else "0+"
    if thousands == "comma":
        whole = rf"0{{1,2}}(?:,00)+,000|{whole}"
    mark = re.escape(MARKS[decimal])
    return re.compile(rf"(?:{whole})(?:{mark}0+)?|{mark}0+")


def unit_of(text: str) -> str:
    """Return a unit so that its plural and its capitals make no difference, unless it is a sign such as mW or MW."""
    text = " ".join(text.replace("％", "%").split())
    return text.casefold().removesuffix("s") if len(text) > 2 and text.isalpha() else text


def _shape(written: str) -> Shape | None:
    found = _WRITTEN.fullmatch(written)
    if found is None or bool(found["open"]) != bool(found["close"]):
        return None
    signs = [sign for sign in (found["sign"], found["inner"], found["open"]) if sign]
    if len(signs) > 1:
        return None
    start, stop = found.span("digits")
    unit = " ".join(unit_of(part) for part in (found["currency"], found["unit"]) if part)
    return Shape(start, stop, found["body"], signs[:1] not in ([], ["+"]), unit, bool(found["space"]))
