"""From the cells of a column to a column of numbers or of words, or to the fault that says why it is neither."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from engine.data.columns.cells import Cells, Numbers
from engine.data.columns.date_guess import guess_dates
from engine.data.columns.doubt import Doubt
from engine.data.columns.number_guess import guess_numbers
from engine.data.columns.remarks import remarks_of
from engine.data.formats.dates import Order
from engine.data.formats.missing import USUAL, tokens, tokens_among_numbers
from engine.data.formats.numbers import Decimal, NumberFormat, Thousands, parse_number, plain_numbers
from engine.data.formats.reading import Format, Reading
from engine.data.formats.words import WordFormat, guess_words
from engine.data.notes import Remark
from engine.data.quoting import quoted
from engine.data.said import Said
from engine.data.table import LARGEST_NUMBER, CategoricalColumn, Column, NumericColumn, TableFault

TOO_LARGE = (
    f"is not a number between -{LARGEST_NUMBER:.2g} and {LARGEST_NUMBER:.2g}. Leave the cell empty if the value is "
    "missing, or rescale the column."
)
_MEND = "Mend the cell, leave it empty if the value is missing, or name the column in categorical."


@dataclass(frozen=True, slots=True)
class Typed:
    """A column, and what was guessed about it."""

    column: Column
    remarks: Sequence[Remark] = ()


def missing_among_numbers(said: Said) -> frozenset[str]:
    """Return what a missing cell may look like in a column whose other cells are all numbers."""
    return frozenset(tokens_among_numbers(said.missing))


def plain_numbers_suffice(said: Said) -> bool:
    """Tell whether a number with a point or an exponent, or a whole one, means itself: "1.234" may be a thousand."""
    return said.decimal != "comma" and said.thousands != "point"


def no_number_is_missing(said: Said) -> bool:
    """Tell whether none of the tokens that were said to be missing, such as -9, is a number by itself."""
    return all(parse_number(token) is None for token in said.missing or ())


def column_of(
    name: str,
    cells: Cells | Numbers,
    lines: Sequence[int],
    said: Said,
    *,
    forced: bool = False,
    target: bool = False,
    like: Reading | None = None,
) -> Typed | Iterable[TableFault | str]:
    """Return the column, or its faults one by one; one that is `forced` or named as categorical is one of words.

    `Numbers` come only where `plain_numbers_suffice` and `no_number_is_missing`, and the column is neither of words nor
    the target; they make the same column as the same cells would as text. `like` is how the same column was read in the
    training table, and is plain where `Numbers` come.
    """
    if isinstance(cells, Numbers):
        reading = like or Reading(_plain(said), tokens_among_numbers(said.missing))
        remarks = () if like else remarks_of(name, cells.missing, reading)
        return Typed(NumericColumn(name, cells.values, reading=reading), remarks)
    forced = forced or name in said.categorical
    if not forced and not like and (plain := _plain_column(name, cells, said, target=target)):
        return plain
    counts = dict(zip(cells.words, cells.counts().tolist(), strict=True))
    found = like or _reading(counts, said, forced=forced, target=target)
    if isinstance(found, Doubt):
        return [TableFault(f"The column {quoted(name)} {found.says}", found.about)]
    if like and not isinstance(like.format, WordFormat) and _holds_words(counts, like):
        found = Reading(WordFormat(), like.missing)
    if isinstance(found.format, WordFormat):
        column: Column = CategoricalColumn(name, np.array(found.words(cells.words), np.object_)[cells.codes], found)
    else:
        numeric = _numeric(name, cells, lines, found, like=like is not None)
        if not isinstance(numeric, NumericColumn):
            return numeric
        column = numeric
    is_input = not (forced or target) and name not in {said.group, said.order}
    return Typed(column, () if like else remarks_of(name, counts, found, counts if is_input else None))


def words_of(
    name: str, cells: Cells, said: Said, like: Reading | None = None, *, may_be_quantities: bool = False
) -> Typed:
    """Return a column whose cells are words by their type, whatever they look like.

    `like` is how the same column was read in the training table. Words that may be quantities are remarked on.
    """
    counts = dict(zip(cells.words, cells.counts().tolist(), strict=True))
    reading = like or _words(counts, said)
    column = CategoricalColumn(name, np.array(reading.words(cells.words), np.object_)[cells.codes], reading)
    return Typed(column, () if like else remarks_of(name, counts, reading, counts if may_be_quantities else None))


def _words(counts: Iterable[str], said: Said) -> Reading:
    missing = tokens(said.missing)
    return Reading(guess_words([word for word in counts if word not in missing]), missing)


def _plain_column(name: str, cells: Cells, said: Said, *, target: bool) -> Typed | None:
    """Return the column if all is as programs write it, which is quick even where a million numbers are different."""
    missing = tokens_among_numbers(said.missing, target=target)
    there = {*missing}.intersection(cells.words)
    numbers = plain_numbers(["0" if word in there else word for word in cells.words] if there else cells.words)
    if numbers is None or not plain_numbers_suffice(said) or len(there) == len(cells.words) > len(there & {*USUAL}):
        return None
    values = np.array(numbers, np.float64)
    if np.any(np.abs(values) > LARGEST_NUMBER):
        return None
    if there:
        values[[word in there for word in cells.words]] = np.nan
    reading = Reading(_plain(said), missing)
    return Typed(NumericColumn(name, values[cells.codes], reading=reading), remarks_of(name, cells.words, reading))


def _numeric(
    name: str, cells: Cells, lines: Sequence[int], reading: Reading, *, like: bool
) -> NumericColumn | Iterable[str]:
    numbers = reading.numbers(cells.words)
    faults = [_cell_fault(number, reading.format, like=like) for number in numbers]
    if any(faults):
        places = ((line, code) for line, code in zip(lines, cells.codes, strict=True) if faults[code])
        return (
            f"Line {line}, column {quoted(name)}: {quoted(cells.words[code])} {faults[code]}" for line, code in places
        )
    return NumericColumn(name, np.array(numbers, np.float64)[cells.codes], reading=reading)


def _holds_words(counts: Mapping[str, int], reading: Reading) -> bool:
    """Tell whether most cells are none of the numbers that the training table has in this column."""
    present = [word for word in counts if word not in reading.missing]
    unread = [word for word, number in zip(present, reading.numbers(present), strict=True) if number is None]
    return 2 * sum(counts[word] for word in unread) > sum(counts[word] for word in present)


def _reading(counts: dict[str, int], said: Said, *, forced: bool, target: bool) -> Reading | Doubt:
    if forced:
        return _words(counts, said)
    usual = tokens(said.missing)
    present = {word: count for word, count in counts.items() if word not in usual}
    among = tokens_among_numbers(said.missing, target=target)
    others = {word: count for word, count in present.items() if word not in among}
    if others or not present:
        found = _numbers_or_dates(others, said)
        if isinstance(found, Doubt):
            return found
        if found and (len(others) == len(present) or None not in found.read([*others])):
            return Reading(found, among)
    found = _numbers_or_dates(present, said) if len(others) < len(present) else None
    if isinstance(found, Doubt):
        return found
    return Reading(found, usual) if found else _words(counts, said)


def _numbers_or_dates(counts: dict[str, int], said: Said) -> Format | Doubt | None:
    words, weights = [*counts], [*counts.values()]
    if not words:
        return _plain(said)
    if plain_numbers_suffice(said) and plain_numbers(words) is not None:
        return _plain(said)
    decimal, thousands = cast(Decimal | None, said.decimal), cast(Thousands | None, said.thousands)
    found = guess_numbers(words, weights, decimal, thousands)
    return guess_dates(words, weights, cast(Order | None, said.dates)) if found is None else found


def _plain(said: Said) -> NumberFormat:
    """Return the format of numbers that are written plainly, which may group thousands where that was said."""
    return NumberFormat(thousands=cast(Thousands, said.thousands or "none"))


def _cell_fault(number: float | None, how: Format, *, like: bool) -> str | None:
    if number is None:
        but = "as every cell of the training table is" if like else "but at least half of the column is"
        return f"is not {how.noun}, {but}. {_MEND}"
    return TOO_LARGE if abs(number) > LARGEST_NUMBER else None
