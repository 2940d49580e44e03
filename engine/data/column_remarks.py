"""What was guessed about a column from its cells, so that nobody has to wonder what its texts became."""

import re
from collections.abc import Iterator, Mapping, Sequence

from engine.data.date_format import DateFormat
from engine.data.notes import Remark
from engine.data.number_format import NumberFormat, parse_number
from engine.data.reading import Reading
from engine.data.table import quoted

_DIGIT = re.compile(r"[0-9]")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")
_IF_CODES = "Name what holds codes in categorical."


def remarks_of(name: str, counts: Mapping[str, int], reading: Reading, *, guessed: bool = False) -> Sequence[Remark]:
    """Return what there is to say; `counts` tells how many cells hold each word.

    A column that was `guessed` to hold words may hold quantities after all.
    """
    missing = [token for token in reading.missing if token and token in counts]
    present = [word for word in counts if word not in reading.missing]
    found = [*_missing(name, missing)]
    if isinstance(reading.format, NumberFormat):
        found += [*_numbers(name, present, reading.format)]
    elif isinstance(reading.format, DateFormat):
        found += [*_dates(name, present, reading.format)]
    elif guessed:
        found += [*_words(name, present, counts)]
    return found


def _missing(name: str, found: Sequence[str]) -> Iterator[Remark]:
    if found:
        shown = ", ".join(map(quoted, found))
        ends = ". Send missing= with other tokens, or with none, if they mean something."
        yield Remark("missing_tokens", name, f"Cells with {shown} count as missing", ends, tuple(found))


def _numbers(name: str, words: Sequence[str], how: NumberFormat) -> Iterator[Remark]:
    if zeros := next(filter(_LEADING_ZERO.fullmatch, words), None):
        begins = f"Numbers with leading zeros, such as {quoted(zeros)}, are read as numbers"
        yield Remark("leading_zeros", name, begins, f". {_IF_CODES}")
    read = dict(zip(words, how.read(words), strict=True))
    disguised = [word for word, number in read.items() if parse_number(word) != number]
    if disguised:
        in_brackets = [word for word in disguised if word.startswith("(")]
        shown = " and ".join(_shown(word, read[word]) for word in dict.fromkeys([disguised[0], *in_brackets[:1]]))
        unit = f", in the unit {quoted(how.unit)}," if how.unit else ""
        begins = f"Texts are read as numbers{unit}"
        yield Remark("numbers_in_disguise", name, begins, f": {shown}. {_IF_CODES}", (how, bool(in_brackets)))


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
