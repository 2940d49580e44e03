"""Dates and times of day as days since 1970-01-01 UTC: ISO, an order of day and month, or months by their names."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

Order = Literal["ymd", "dmy", "mdy"]
ORDERS: Sequence[Order] = ("ymd", "dmy", "mdy")

_EPOCH = date(1970, 1, 1).toordinal()
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAME = (
    r"(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_TIME = (
    r"(?:(?:[t ]|, ?)(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}(?:[.,][0-9]{1,9})?))?"
    r"(?: ?(?P<half>[ap])\.?m\.?)?(?: ?(?P<zone>z|utc|gmt|[-+−][0-9]{2}(?::?[0-9]{2})?))?)?"
)
_NUMBERED = re.compile(rf"(?P<a>[0-9]{{1,4}})(?P<mark>[-/.])(?P<b>[0-9]{{1,2}})(?P=mark)(?P<c>[0-9]{{1,4}}){_TIME}")
_DAY_FIRST = re.compile(rf"(?P<day>[0-9]{{1,2}})(?:[- .]|\. ){_NAME}(?:[- ]|, ?)(?P<year>[0-9]{{4}}){_TIME}")
_MONTH_FIRST = re.compile(rf"{_NAME}[- ](?P<day>[0-9]{{1,2}})(?:, ?| |-)(?P<year>[0-9]{{4}}){_TIME}")
_YEAR_FIRST = re.compile(rf"(?P<year>[0-9]{{4}})[- ]{_NAME}[- ](?P<day>[0-9]{{1,2}}){_TIME}")
_LONGEST = 60
_HALF_DAYS = {"a": 0, "p": 12}
_SECONDS_OF_DAY = 86_400
_FIRST_YEAR_OF_TWO_DIGITS = 1969


@dataclass(frozen=True, slots=True)
class Written:
    """A date as it is written: three `parts` whose order is still open (or known, if ymd), and the time of day.

    `parts` are such as ("13", "05", "2020"), `known` tells whether they are year, month and day. `seconds` since
    midnight is None where there is no time of day; with an offset from UTC it may lie outside of the day.
    """

    parts: tuple[str, str, str]
    known: bool
    seconds: float | None

    @property
    def has_two_digits(self) -> bool:
        """Tell whether its year has two digits."""
        return not self.known and len(self.parts[2]) < 4


@dataclass(frozen=True, slots=True)
class DateFormat:
    """How the dates of a column are written, those with a year of four digits at the front aside, which are clear."""

    order: Order = "ymd"
    times: bool = False

    def read(self, words: Sequence[str]) -> Sequence[float | None]:
        """Return the days since 1970-01-01 UTC, None where a word is no date in this order; the time is a fraction."""
        return [self._days(word) for word in words]

    def _days(self, word: str) -> float | None:
        if (clear := iso_days(word)) is not None:
            return clear
        return None if (one := written(word)) is None else days(one, self.order)

    @property
    def noun(self) -> str:
        """What a cell is, in a sentence."""
        return {"ymd": "a date", "dmy": "a date with the day first", "mdy": "a date with the month first"}[self.order]

    def card(self) -> dict[str, str | bool]:
        """Return the format as plain JSON."""
        return {"order": self.order, "times": self.times}


def iso_days(word: str) -> float | None:
    """Return the days since 1970-01-01 UTC of a date as programs write it, None if it is written otherwise."""
    if word[4:5] != "-" or word[7:8] != "-" or word[10:11] not in {"", "T", "t", " "}:
        return None
    try:
        moment = datetime.fromisoformat(word)
        moment = moment.astimezone(UTC) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        return None
    seconds = moment.hour * 3600 + moment.minute * 60 + moment.second + moment.microsecond / 1e6
    return moment.toordinal() - _EPOCH + seconds / _SECONDS_OF_DAY


def written(word: str) -> Written | None:
    """Return how a date is written, None if the word is none."""
    if len(word) > _LONGEST:
        return None
    text = word.lower()
    if found := _NUMBERED.fullmatch(text):
        parts = _numbered(found)
    elif found := _DAY_FIRST.fullmatch(text) or _MONTH_FIRST.fullmatch(text) or _YEAR_FIRST.fullmatch(text):
        parts = (found["year"], str(_MONTHS.index(found["name"][:3]) + 1), found["day"])
    else:
        return None
    seconds = _seconds(found)
    if parts is None or (found["hour"] and seconds is None):
        return None
    return Written(parts, len(parts[0]) == 4, seconds)


def days(one: Written, order: Order) -> float | None:
    """Return the days since 1970-01-01 UTC if the date is one in this order."""
    places = (0, 1, 2) if one.known else _PLACES[order]
    year, month, day = (one.parts[place] for place in places)
    if not one.known and (len(year) not in (2, 4) or len(month) > 2 or len(day) > 2):
        return None
    try:
        whole = date(_year(year), int(month), int(day)).toordinal() - _EPOCH
    except ValueError:
        return None
    return whole + (one.seconds or 0.0) / _SECONDS_OF_DAY


_PLACES: Mapping[Order, tuple[int, int, int]] = {"ymd": (0, 1, 2), "dmy": (2, 1, 0), "mdy": (2, 0, 1)}


def _year(digits: str) -> int:
    if len(digits) == 4:
        return int(digits)
    century = _FIRST_YEAR_OF_TWO_DIGITS // 100 * 100
    return century + int(digits) + (100 if int(digits) < _FIRST_YEAR_OF_TWO_DIGITS % 100 else 0)


def _numbered(found: re.Match[str]) -> tuple[str, str, str] | None:
    first, middle, last = found["a"], found["b"], found["c"]
    if len(first) == 4 and len(last) <= 2:
        return first, middle, last
    if len(first) <= 2 and len(last) == 4:
        return first, middle, last
    slashed = found["mark"] == "/" and len(first) <= 2 and len(last) == 2
    return (first, middle, last) if slashed or len(first) == len(middle) == len(last) == 2 else None


def _seconds(found: re.Match[str]) -> float | None:
    """Return the seconds since midnight UTC, None if there is no time or no such time."""
    if found["hour"] is None:
        return None
    hour, minute = int(found["hour"]), int(found["minute"])
    second = float((found["second"] or "0").replace(",", "."))
    if found["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + _HALF_DAYS[found["half"]]
    offset = _offset(found["zone"])
    if hour > 23 or minute > 59 or second >= 60 or offset is None:
        return None
    return hour * 3600 + minute * 60 + second - offset


def _offset(zone: str | None) -> int | None:
    """Return how many seconds a zone is ahead of UTC; without a zone, a time is one in UTC."""
    if zone is None or zone[0] not in "+-−":
        return 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 15 or minutes > 59:
        return None
    return (hours * 3600 + minutes * 60) * (1 if zone[0] == "+" else -1)
