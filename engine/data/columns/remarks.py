"""What was guessed about a column from its cells, so that nobody has to wonder what its texts became."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np

from engine.data.formats.dates import DateFormat
from engine.data.formats.numbers import NumberFormat, parse_number, plain_numbers
from engine.data.formats.reading import Reading
from engine.data.notes import Remark
from engine.data.quoting import quoted
from engine.data.table import Column, NumericColumn

_DIGIT = re.compile(r"[0-9]")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")
_IF_CODES = "Name columns of codes in categorical."


def remarks_of(
    name: str, words: Collection[str], reading: Reading, counts: Mapping[str, int] | None = None
) -> Sequence[Remark]:
    """Return what there is to say of a column with these different words.

    With `counts`, which tell how many cells hold each word, a column of words may hold quantities after all.
    """
    tokens = {*reading.missing}
    found = [*_missing(name, [token for token in reading.missing if token and token in words])]
    present = [word for word in words if word not in tokens]
    if isinstance(reading.format, NumberFormat):
        found += [*_numbers(name, present, reading.format)]
    elif isinstance(reading.format, DateFormat):
        found += [*_dates(name, present, reading.format)]
    elif counts:
        found += [*_words(name, present, counts)]
    return found


def mixed_decimals(columns: Sequence[Column]) -> Iterator[Remark]:
    """Yield a remark on each column whose points may group thousands, since other columns have decimal commas."""
    numeric = {one.name: one for one in columns if isinstance(one, NumericColumn) and one.reading is not None}
    formats = {name: one.reading.format for name, one in numeric.items() if one.reading}
    commas = [name for name, how in formats.items() if isinstance(how, NumberFormat) and how.decimal == "comma"]
    for name, how in formats.items() if commas else ():
        if isinstance(how, NumberFormat) and how.is_plain and _may_be_grouped(numeric[name]):
            begins = f"A point marks decimals, while it is a comma in {quoted(commas[0])},"
            yield Remark("mixed_decimals", name, begins, ". Send decimal=comma if the point groups thousands there.")


def _may_be_grouped(column: NumericColumn) -> bool:
    """Tell whether a column has numbers with three decimals at most, as if 1234 had been written as 1.234."""
    present = np.abs(column.values[~column.missing])
    thousandths = np.round(present * 1000)
    three = bool(np.any(thousandths % 10))
    return three and bool(np.all(present < 1000) and np.all(np.abs(thousandths - present * 1000) < 1e-6))


def _missing(name: str, found: Sequence[str]) -> Iterator[Remark]:
    if found:
        shown = ", ".join(map(quoted, found))
        ends = ". If they mean something, send missing with other tokens, or empty."
        yield Remark("missing_tokens", name, f"Cells with {shown} count as missing", ends, tuple(found))


def _numbers(name: str, words: Sequence[str], how: NumberFormat) -> Iterator[Remark]:
    if zeros := next((word for word in words if word[:1] in "0-+" and _LEADING_ZERO.fullmatch(word)), None):
        begins = f"Numbers with leading zeros, such as {quoted(zeros)}, are read as numbers"
        yield Remark("leading_zeros", name, begins, f". {_IF_CODES}")
    if how.is_plain and plain_numbers(words) is not None:
        return
    disguised = next((word for word in words if parse_number(word) != how.read([word])[0]), None)
    if disguised:
        in_brackets = next((word for word in words if word.startswith("(")), disguised)
        shown = " and ".join(_shown(word, how.read([word])[0]) for word in dict.fromkeys([disguised, in_brackets]))
        unit = f", in the unit {quoted(how.unit)}," if how.unit else ""
        begins = f"Texts are read as numbers{unit}"
        key = how, in_brackets.startswith("(")
        yield Remark("numbers_in_disguise", name, begins, f": {shown}. {_IF_CODES}", key)


def _dates(name: str, words: Sequence[str], how: DateFormat) -> Iterator[Remark]:
    example = max(words, key=len)
    times = ", with the time of day, in UTC, as an input of its own," if how.times else ""
    shown = _shown(example, how.read([example])[0])
    begins = f"Dates are read as days since 1970-01-01{times}"
    yield Remark("dates", name, begins, f": {shown}. {_IF_CODES}", how)


def _words(name: str, words: Sequence[str], counts: Mapping[str, int]) -> Iterator[Remark]:
    with_digits = [word for word in words if _DIGIT.search(word)]
    if 2 * sum(counts[word] for word in with_digits) >= sum(counts[word] for word in words) > 0:
        begins = f"Words with digits in them, such as {quoted(with_digits[0])}, stay words"
        ends = ". If they are quantities, write them as numbers, all in one unit."
        yield Remark("digits_in_words", name, begins, ends)


def _shown(word: str, number: float | None) -> str:
    return f"{quoted(word)} is {number!r}".removesuffix(".0")
