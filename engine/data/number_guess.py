"""How the numbers of a column are written, found out from its different words: what no cell can tell is a doubt."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from engine.data.doubt import Doubt
from engine.data.number_format import (
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
from engine.data.table import quoted

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
_NOTHING = re.compile(r"[^1-9]*")
_ZERO_AND_GROUP = re.compile(r"0([.,])[0-9]{3}")


def guess_numbers(
    words: Sequence[str], counts: Sequence[int], decimal: Decimal | None = None, thousands: Thousands | None = None
) -> NumberFormat | Doubt | None:
    """Return how the numbers of a column are written, None if it is rather one of words.

    At least half of the cells have to be numbers; `counts` tells how many cells hold each word. What was said of
    `decimal` and `thousands` holds.
    """
    shapes = Shapes()
    found = {word: shape for word in words if (shape := shapes.of(word))}
    total, count_of = sum(counts), dict(zip(words, counts, strict=True))
    weights = Counter[Shape]()
    for word, shape in found.items():
        weights[shape] += count_of[word]
    if 2 * weights.total() < total:
        return None
    unit = _unit(found, count_of, total)
    if not isinstance(unit, str):
        return unit
    with_unit = {word: shape for word, shape in found.items() if shape.unit in (unit, "")}
    formats = _formats(Counter({s: n for s, n in weights.items() if s.unit in (unit, "")}), decimal, thousands, unit)
    return _decided(with_unit, formats)


def _unit(found: Mapping[str, Shape], counts: Mapping[str, int], total: int) -> str | Doubt | None:
    """Return the one unit of the numbers, "" for none."""
    units, apart, first = Counter[str](), dict[str, bool](), dict[str, str]()
    for word, shape in found.items():
        if shape.unit or not _NOTHING.fullmatch(word):  # nothing needs no unit
            units[shape.unit] += counts[word]
            apart[shape.unit] = apart.get(shape.unit, True) and shape.apart
            first.setdefault(shape.unit, word)
    whole = sum(counts[word] for word in found) == total
    if len(units) < 2:
        unit = next(iter(units), "")
        is_plain_word = unit and not whole and not apart[unit] and not _is_known(unit)
        return None if is_plain_word else unit
    if 2 * units[""] >= total:
        return ""
    if not all(_is_known(unit) for unit in units if unit):
        return None
    some = " and ".join(quoted(word) for word in list(first.values())[:3])
    way = "Write one unit in all of its cells, leave it out with ignore, or name it in categorical"
    return Doubt("categorical", f"has numbers of different units, such as {some}. {way}.")


def _is_known(unit: str) -> bool:
    return all(part in _KNOWN or _SIGN.search(part) for part in unit.split())


def _formats(
    weights: Counter[Shape], decimal: Decimal | None, thousands: Thousands | None, unit: str
) -> list[NumberFormat]:
    """Return the formats that fit the most cells."""
    said = [
        NumberFormat(mark, group, unit)
        for mark, group in _WAYS
        if decimal in (None, mark) and thousands in (None, group)
    ]
    fitting = {one: sum(n for shape, n in weights.items() if one.fits(shape)) for one in said}
    most = max(fitting.values(), default=0)
    return [one for one, count in fitting.items() if count == most > 0]


def _decided(found: Mapping[str, Shape], formats: Sequence[NumberFormat]) -> NumberFormat | Doubt | None:
    """Return the simplest of the formats, or the doubt if they read some words differently."""
    proven = {match[1] for word, shape in found.items() if (match := _ZERO_AND_GROUP.fullmatch(_digits(word, shape)))}
    sound = [one for one in formats if GROUPS[one.thousands] not in proven] or formats
    unit = sound[0].unit if sound else ""
    if unit in _COMMA_GROUPS:
        sound = [one for one in sound if one.decimal == "point"] or sound
    for word, shape in found.items():
        for mark in set(".,") & set(shape.body):
            readings = {MARKS[one.decimal] == mark for one in sound if one.fits(shape)}
            if len(readings) > 1 and (mark == "," or _SIGN.search(unit)):  # a plain 1.234 is what programs write
                return _doubt(word, mark)
    return next(iter(sound), None)


def _digits(word: str, shape: Shape) -> str:
    return word[shape.start : shape.stop]


def _doubt(word: str, mark: str) -> Doubt:
    name = "comma" if mark == "," else "point"
    whole, part = word.replace(mark, ""), word.replace(mark, ".")
    reads = f"has numbers such as {quoted(word)}, and no cell tells whether that is {whole} or {part}"
    return Doubt("thousands", f"{reads}. Send thousands={name} or decimal={name}.")
