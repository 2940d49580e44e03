"""How the numbers of a column are written, found out from its different words; what no cell can tell is a doubt."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.data.columns.doubt import Doubt
from engine.data.formats.numbers import (
    CURRENCY_CODES,
    CURRENCY_SIGNS,
    GROUPS,
    MARKS,
    Decimal,
    NumberFormat,
    Shape,
    Shapes,
    Thousands,
    unit_of,
)
from engine.data.quoting import quoted

_WAYS: Sequence[tuple[Decimal, Thousands]] = (
    ("point", "none"),
    ("comma", "none"),
    ("point", "comma"),
    ("comma", "point"),
    ("point", "space"),
    ("point", "quote"),
    ("comma", "space"),
    ("comma", "quote"),
)
"""Every way to mark decimals and to group thousands, the simplest first."""

_QUANTITIES = (
    "% ‰ percent pct K k M bn mn million billion "
    "year yr y month mo week wk day d hour hr h minute min m second sec s ms "
    "kg g mg lb lbs oz t km cm mm mi mile ft in inch °C °F MB GB TB kB KB kW MW Hz kHz MHz GHz ml"
)
_KNOWN = frozenset(unit_of(unit) for unit in (*_QUANTITIES.split(), *CURRENCY_CODES))
_COMMA_GROUPS = frozenset(
    ("$", "US$", "A$", "AU$", "C$", "CA$", "NZ$", "HK$", "S$", "£", "¥", "₹", "₩", "usd", "gbp", "jpy", "inr")
)
"""Currencies of countries that group thousands by commas."""

_SIGN = re.compile(f"[{CURRENCY_SIGNS}]")
_SOMETHING = re.compile(r"[1-9]")
_DIGIT = re.compile(r"[0-9]")


@dataclass(slots=True)
class _Alike:
    """The words of one shape, and how many cells hold them."""

    shape: Shape
    words: list[str] = field(default_factory=list)
    cells: int = 0


def guess_numbers(
    words: Sequence[str], counts: Sequence[int], decimal: Decimal | None = None, thousands: Thousands | None = None
) -> NumberFormat | Doubt | None:
    """Return how the numbers of a column are written, None if it is rather one of words.

    At least half of the cells have to be numbers; `counts` tells how many cells hold each word. What was said of
    `decimal` and `thousands` holds.
    """
    total = sum(counts)
    found, others = _by_shape(words, counts, total)
    unit = _unit(found, others, total) if found else None
    if not isinstance(unit, str):
        return unit
    with_unit = [one for one in found if one.shape.unit in {unit, ""}]
    return _decided(with_unit, _formats(with_unit, decimal, thousands, unit, total))


def _by_shape(words: Sequence[str], counts: Sequence[int], total: int) -> tuple[list[_Alike], list[str]]:
    """Return the words that are numbers and the others; no numbers if more than half of all cells hold others."""
    found: dict[Shape, _Alike] = {}
    shapes, others, cells = Shapes(), list[str](), 0
    for word, count in zip(words, counts, strict=True):
        shape = shapes.of(word)
        if shape is None:
            others.append(word)
            cells += count
            if 2 * cells > total:
                return [], others
            continue
        alike = found.get(shape) or found.setdefault(shape, _Alike(shape))
        alike.words.append(word)
        alike.cells += count
    return list(found.values()), others


def _unit(found: Sequence[_Alike], others: Sequence[str], total: int) -> str | Doubt | None:
    """Return the one unit of the numbers, "" for none."""
    groups: dict[str, list[_Alike]] = {}
    for alike in found:
        groups.setdefault(alike.shape.unit, []).append(alike)
    units = [unit for unit in groups if unit]
    if not units:
        return ""
    bare = next((word for alike in groups.get("", []) for word in alike.words if _SOMETHING.search(word)), None)
    if len(units) == 1 and bare is None:
        is_word = units[0].isalpha() and not all(alike.shape.apart for alike in groups[units[0]])
        is_class = any(is_word or _DIGIT.search(word) for word in others)  # fwd beside 4wd, 5-9 years beside 4 years
        return None if is_class else units[0]
    if 2 * sum(alike.cells for alike in groups.get("", [])) >= total:
        return ""
    if not all(map(_is_known, units)):
        return None
    firsts = [*(groups[unit][0].words[0] for unit in units), *([bare] if bare else [])]
    some = " and ".join(map(quoted, firsts[:3]))
    way = "Write one unit in all of its cells, leave it out with ignore, or name it in categorical"
    return Doubt("categorical", f"has numbers of different units, such as {some}. {way}.")


def _is_known(unit: str) -> bool:
    return all(part in _KNOWN or _SIGN.search(part) for part in unit.split())


def _formats(
    found: Sequence[_Alike], decimal: Decimal | None, thousands: Thousands | None, unit: str, total: int
) -> list[NumberFormat]:
    """Return the formats that fit the most cells, none if that is less than half of all."""
    said = [
        NumberFormat(mark, group, unit)
        for mark, group in _WAYS
        if decimal in {None, mark} and thousands in {None, group}
    ]
    fitting = {one: sum(alike.cells for alike in found if one.fits(alike.shape)) for one in said}
    most = max(fitting.values(), default=0)
    return [one for one, count in fitting.items() if count == most and 2 * most >= total]


def _decided(found: Sequence[_Alike], formats: Sequence[NumberFormat]) -> NumberFormat | Doubt | None:
    """Return the simplest of the formats, or the doubt if they read some words differently."""
    if formats and formats[0].unit in _COMMA_GROUPS:
        formats = [one for one in formats if one.decimal == "point"] or formats
    for mark in ",.":
        open_ones = [
            alike for alike in found if len({MARKS[one.decimal] == mark for one in _fitting(formats, alike)}) > 1
        ]
        open_ones = [alike for alike in open_ones if mark in alike.shape.body]
        if not open_ones or (mark == "." and not _SIGN.search(formats[0].unit)):  # 1.234 is what programs write
            continue
        if not any(_is_decimal(word, alike.shape, mark) for alike in open_ones for word in alike.words):
            return _doubt(open_ones[0].words[0], mark)
        formats = [one for one in formats if GROUPS[one.thousands] != mark]
    return next(iter(formats), None)


def _fitting(formats: Sequence[NumberFormat], alike: _Alike) -> list[NumberFormat]:
    return [one for one in formats if one.fits(alike.shape)]


def _is_decimal(word: str, shape: Shape, mark: str) -> bool:
    """Tell whether a mark cannot group thousands, since there is a lonely zero before it."""
    return word[shape.start : shape.stop].startswith(f"0{mark}")


def _doubt(word: str, mark: str) -> Doubt:
    name = "comma" if mark == "," else "point"
    whole, part = word.replace(mark, ""), word.replace(mark, ".")
    reads = f"has numbers such as {quoted(word)}, and no cell tells whether that is {whole} or {part}"
    return Doubt("thousands", f"{reads}. Send thousands={name} or decimal={name}.")
