"""What separates the cells of a text file: rows cut by it, and how it is found out where nobody said it."""

import csv
import io
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TextIO

from engine.data.table import MOST_COLUMNS, TableError, TableFault

SEPARATORS: Mapping[str, str] = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|", "spaces": " "}
"""The words for what separates cells; "spaces" are runs of spaces or tabs."""

Row = tuple[int, list[str]]
"""The number of the line on which a row begins, and its cells."""

_SAMPLE = 1 << 16
_LONG_SAMPLE = 1 << 22
_MOST_ROWS = 500
_SURE = 0.9
_BETWEEN_SPACES = re.compile(r'"((?:[^"]|"")*)"(?=\s|$)|(\S+)')
_DECIMAL_COMMA = re.compile(r"\s*[+-]?\d*,\d+(?:[eE][+-]?\d+)?\s*")


def rows_of(text: TextIO, separator: str) -> Iterator[Row]:
    """Yield the rows of a text whose cells are separated by what the word says; blank lines are skipped.

    Raises TableError at a row whose quotes are broken.
    """
    if separator == "spaces":
        yield from _rows_between_spaces(text)
        return
    reader = csv.reader(text, delimiter=SEPARATORS[separator], skipinitialspace=True, strict=True)
    line = 1
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise TableError([_broken(line, f"CSV: {error}")]) from None
        if row is None:
            return
        if row:
            yield line, row
        line = reader.line_num + 1


def _rows_between_spaces(text: TextIO) -> Iterator[Row]:
    for line, characters in enumerate(text, 1):
        if '"' not in characters:
            row = characters.split()
        else:
            if characters.count('"') % 2:
                raise TableError([_broken(line, "in order: a quote is not closed")])
            row = [word or inner.replace('""', '"') for inner, word in _BETWEEN_SPACES.findall(characters)]
        if row:
            yield line, row


def _broken(line: int, what: str) -> str:
    way = "A cell with separators, quotes or line breaks needs quotes around it, and each quote within it twice."
    return f"The row that begins in line {line} is not {what}. {way}"


def find_separator(text: TextIO, known: Collection[str] = (), usual: str | None = None) -> str:
    """Return the word for what separates the cells of a text.

    Each separator is tried on the first lines: it should cut the header into cells, and the rows into as many. `known`
    are names that the header should have. Raises TableError, which asks, if two do equally well and neither is `usual`.
    """
    sample = _sample(text)
    readings = [_Reading.of(sample, word) for word in SEPARATORS]
    knowing = [reading for reading in readings if known and set(known) <= set(reading.header)]
    readings = knowing or readings
    cutting = [reading for reading in readings if len(reading.header) > 1]
    if not cutting:
        return _of_one_column(readings, named=bool(knowing))
    sure = [reading for reading in cutting if reading.share >= _SURE]
    if not sure:
        return max(cutting, key=lambda one: (one.share, one.separator != "spaces", len(one.header))).separator
    best = _cleanest([one for one in sure if one.separator != "spaces"] or sure)
    if len(best) == 1:
        return best[0].separator
    if usual is None or all(one.separator != usual for one in best):
        raise TableError([_asking(best)])
    return usual


def _sample(text: TextIO) -> str:
    """Return the first lines, whole ones if possible."""
    sample = text.read(_SAMPLE)
    if "\n" not in sample and "\r" not in sample:
        sample += text.read(_LONG_SAMPLE)
    if text.read(1):
        end = max(sample.rfind("\n"), sample.rfind("\r"))
        sample = sample[: end + 1] or sample
    return sample


@dataclass(frozen=True, slots=True)
class _Reading:
    """The first rows of a file as one separator cuts them, up to the first with broken quotes."""

    separator: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    broken: bool

    @classmethod
    def of(cls, sample: str, separator: str) -> "_Reading":
        rows: list[list[str]] = []
        broken = False
        try:
            for _, row in islice(rows_of(io.StringIO(sample, newline=""), separator), _MOST_ROWS):
                rows.append(row[: MOST_COLUMNS + 1])
        except TableError:
            broken = True
        header = [name.strip() for name in rows[0]] if rows else []
        return cls(separator, header, rows, broken)

    @property
    def share(self) -> float:
        """The share of rows as long as the header, or one cell longer if all are."""
        widths = Counter(map(len, self.rows[1:]))
        longer = set(widths) == {len(self.header) + 1}
        share = 1.0 if longer or not widths else widths[len(self.header)] / sum(widths.values())
        return min(share, 0.5) if self.broken else share

    def is_clean(self, others: Sequence["_Reading"]) -> bool:
        """Tell whether no cell holds what others take for a separator, other than in a decimal number or a sentence."""
        marks = [SEPARATORS[other.separator] for other in others if other is not self]
        return not any(_is_cut(cell, mark) for row in self.rows for cell in row for mark in marks)


def _is_cut(cell: str, mark: str) -> bool:
    if mark not in cell or (mark == "," and _DECIMAL_COMMA.fullmatch(cell)):
        return False
    return any(part[:1] != " " for part in cell.split(mark)[1:])


def _cleanest(readings: Sequence[_Reading]) -> Sequence[_Reading]:
    """Return the readings whose cells hold no other's separator, if there are any."""
    return [reading for reading in readings if reading.is_clean(readings)] or readings


def _of_one_column(readings: Sequence[_Reading], *, named: bool) -> str:
    """Return a separator for a header of one cell: one that leaves the rows whole, or the one that cuts most of them.

    If the header is a name that should be there (`named`), the file has one column, such as of decimal commas.
    """
    widths = {one.separator: Counter(map(len, one.rows[1:])) for one in readings if one.separator != "spaces"}
    whole = [separator for separator, counts in widths.items() if set(counts) <= {1}]
    if len(whole) == len(widths) or (named and whole):
        return whole[0] if whole else "comma"
    return max(widths, key=lambda separator: sum(widths[separator].values()) - widths[separator][1])


def _asking(readings: Sequence[_Reading]) -> TableFault:
    cuts = " and ".join(f"{one.separator} ({len(one.header)} columns)" for one in readings)
    way = f"Send separator={readings[0].separator} or separator={readings[1].separator}."
    return TableFault(f"The cells may be separated by {cuts}: both cut every row alike. {way}", "separator")
