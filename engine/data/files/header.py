"""The first row of a text file: whether it names the columns, and which columns are left out by their names."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import Any

from engine.data.files.separators import Row
from engine.data.notes import Note
from engine.data.quoting import listed, quoted
from engine.data.said import Said
from engine.data.table import MOST_COLUMNS, TableError, TableFault

_LOOKED_AT = 100
_SHOWN_NAMES = 10
_CELLS_LOOKED_AT = 1_000_000
_IN_QUOTES = re.compile(r"'([^']+)'")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)*(?:[eE][+-]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Expected:
    """What is known of a file beforehand: names that it should have, and which columns are wanted `as_text`.

    `read` tells how a table before it was read: so is this one, where it leaves that open. `names` are those of its
    columns in their order, if it has no header and as many columns.
    """

    known: Collection[str] = ()
    as_text: Collection[str] = ()
    names: Sequence[str] = ()
    read: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Header:
    """The `names` of all columns, "" for one without; whether the first row holds them; the places that are read."""

    names: Sequence[str]
    there: bool
    kept: Sequence[int]
    notes: tuple[Note, ...] = ()


def read_header(rows: Iterator[Row], said: Said, expected: Expected) -> tuple[Header, Iterator[Row]]:
    """Return the header of rows, and the rows below it.

    Raises TableError for more columns than are possible, and if the first row looks like data: it asks.
    """
    line, first = next(rows)
    if len(first) > MOST_COLUMNS:
        detail = f"The header has {len(first):,} columns; at most {MOST_COLUMNS:,} are possible. Leave some out."
        raise TableError([detail])
    names, notes = _unquoted([name.strip() for name in first], expected.known)
    ignored = frozenset(said.ignore)
    if said.header == "none" or (said.header is None and _is_like_one_without_header(names, expected)):
        names = list(expected.names) if len(first) == len(expected.names) else _numbered(len(first))
        return without(names, ignored, there=False), chain([(line, first)], rows)
    if said.header is None and _looks_like_data(names, expected.known):
        raise TableError([_asking(line, names)])
    looked = list(islice(rows, max(1, min(_LOOKED_AT, _CELLS_LOOKED_AT // len(first)))))
    header = without(_completed(names, [row for _, row in looked]), ignored, there=True)
    return replace(header, notes=(*notes, *header.notes)), chain(looked, rows)


def _unquoted(names: list[str], known: Collection[str]) -> tuple[list[str], Sequence[Note]]:
    """Return names without the single quotes that stand around all of them, unless they are `known` with these."""
    bare = [_IN_QUOTES.fullmatch(name) for name in names]
    found = [match[1].strip() for match in bare if match]
    if len(found) < len(names) or any(name in known for name in names):
        return names, ()
    detail = "The names of the columns stand in single quotes, which were taken off; cells keep theirs."
    return found, [Note("quoted_names", tuple(found), detail)]


def without(names: Sequence[str], ignored: Collection[str], *, there: bool) -> Header:
    """Return the header without the columns to ignore, and without a first one that has no name."""
    nameless = len(names) > 1 and not names[0]
    kept = [place for place, name in enumerate(names) if name not in ignored and (place or not nameless)]
    notes = []
    if nameless:
        detail = "The first column has no name: it was taken for the names or numbers of the rows, and left out."
        notes.append(Note("row_names", (), detail))
    if gone := tuple(name for name in dict.fromkeys(names) if name in ignored):
        notes.append(Note("ignored", gone, f"Left out as asked: {listed(list(map(quoted, gone)), _SHOWN_NAMES)}."))
    return Header(names, there, kept, tuple(notes))


def _completed(names: list[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the names with one more, "", if all rows have one cell more.

    It is the last if their last cells are empty, since each line then ends with a separator; and the first if their
    first cells all differ, since these are then the names of the rows, as R writes them.
    """
    if len(rows) < 2 or any(len(row) != len(names) + 1 for row in rows):
        return names
    if not any(row[-1].strip() for row in rows):
        return [*names, ""]
    return ["", *names] if len({row[0] for row in rows}) == len(rows) else names


def _numbered(count: int) -> list[str]:
    return [f"c{number}" for number in range(1, count + 1)]


def _is_like_one_without_header(names: Sequence[str], expected: Expected) -> bool:
    return not expected.read.get("header", True) and not any(name in expected.known for name in names)


def _looks_like_data(names: Sequence[str], known: Collection[str]) -> bool:
    """Tell whether names are numbers: at least half of them, or all if nothing is `known` of the names."""
    numbers = sum(bool(_NUMBER.fullmatch(name)) for name in names)
    if not known:
        return numbers == len(names)
    return 2 * numbers >= len(names) and not any(name in known for name in names)


def _asking(line: int, names: Sequence[str]) -> TableFault:
    shown = ", ".join(quoted(name) for name in names[:5]) + (", ..." if names[5:] else "")
    way = "Send header=none if it is data; the columns are then called c1, c2 and so on. Send header=first if not."
    return TableFault(f"The row in line {line} should name the columns, but looks like data: {shown}. {way}", "header")


def header_faults(header: Header, empty: Collection[int]) -> Iterator[str]:
    """Yield what is wrong with the names of the columns that are read; those in the `empty` places need none."""
    first: dict[str, int] = {}
    for place in header.kept:
        name = header.names[place]
        if not name:
            if place not in empty:
                yield f"Column {place + 1} has no name in the header. Name it, or leave it out."
        elif first.setdefault(name, place) < place:
            yield f"Columns {first[name] + 1} and {place + 1} are both called {quoted(name)}. Rename one of them."
