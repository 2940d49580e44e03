"""Columns gathered from a file chunk by chunk: as numbers while all cells are such, else as codes of their words."""

import re
from array import array
from collections import Counter
from collections.abc import Collection, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from engine.data.columns.cells import Cells, Numbers
from engine.data.columns.whole_numbers import EXACT

_IN_NUMBERS = b"0123456789+-.eE "
_LEADING_ZERO = re.compile(r"(?:^| )[+-]?0[0-9]")
"""Such numbers may be codes: their column keeps its text as well."""

Texts = Sequence[str]


class Gathering:
    """Columns as they are gathered.

    Those told by `as_text` are words from the start. `missing` are the words that a column of numbers may have as well;
    an empty cell is one of them.
    """

    def __init__(self, as_text: Sequence[bool], missing: Collection[str]) -> None:
        self._columns: list[_Words | _Values | None] = [_Words() if text else _Values() for text in as_text]
        self._missing = missing

    def add(self, texts: Sequence[Texts]) -> None:
        """Add some rows, given as the texts of each column."""
        numeric = {place: column for place, column in enumerate(self._columns) if isinstance(column, _Values)}
        block = _plain_numbers(list(chain.from_iterable(texts[place] for place in numeric)))
        if numeric and block is not None:  # all columns at once, since the steps of each cost more than few rows
            for column, values in zip(numeric.values(), block.reshape(len(numeric), -1), strict=True):
                column.add(values)
        else:
            for place, column in numeric.items():
                if not column.add_texts(texts[place], self._missing):
                    self._columns[place] = None if len(column) else _Words()
        for words, some in zip(self._columns, texts, strict=True):
            if isinstance(words, _Words):
                words.add(some)

    def late(self) -> list[int]:
        """Return the places of columns whose first rows were numbers, and not all others: their text has to be read."""
        return [place for place, column in enumerate(self._columns) if column is None]

    def cells(self) -> list[Cells | Numbers | None]:
        """Return the columns, None for those that are `late`."""
        return [None if column is None else column.cells() for column in self._columns]


class _Words:
    """A column as codes of its words."""

    def __init__(self) -> None:
        self._places = _Places()
        self._codes = array("i")

    def add(self, texts: Texts) -> None:
        self._codes.extend(map(self._places.__getitem__, map(str.strip, texts)))

    def cells(self) -> Cells:
        return Cells(list(self._places), np.frombuffer(self._codes, np.int32))


class _Places(dict[str, int]):
    """Places of words, in the order in which they come first."""

    def __missing__(self, word: str) -> int:
        place = self[word] = len(self)
        return place


class _Values:
    """A column of numbers, with its missing cells counted by how they look."""

    def __init__(self) -> None:
        self._values = array("d")
        self._missing: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._values)

    def add(self, values: NDArray[np.float64]) -> None:
        self._values.frombytes(values.tobytes())

    def add_texts(self, texts: Texts, missing: Collection[str]) -> bool:
        """Add cells if all are numbers or missing; return whether they were."""
        words = [text.strip() for text in texts]
        values = _plain_numbers(["" if word in missing else word for word in words])
        if values is None:
            return False
        self.add(values)
        self._missing.update(word for word in words if word and word in missing)
        return True

    def cells(self) -> Numbers:
        values = np.frombuffer(self._values)
        empty = int(np.isnan(values).sum()) - self._missing.total()
        return Numbers(values, {**self._missing, **({"": empty} if empty else {})})


def _plain_numbers(texts: Texts) -> NDArray[np.float64] | None:
    """Return texts as numbers, the empty ones as NaN, if all are plain decimal numbers that float64 tells apart."""
    together = " ".join(texts)
    if together.encode(errors="replace").translate(None, _IN_NUMBERS) or _LEADING_ZERO.search(together):
        return None
    try:
        values = np.fromiter(map(float, [text or "nan" for text in texts]), np.float64, len(texts))
    except ValueError:
        return None
    # Larger whole numbers may merge with others: such a column keeps its text, so that somebody can tell.
    return None if np.any(np.abs(values) >= EXACT) else values
