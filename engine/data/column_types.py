"""From the cells of a column to a column of numbers or of words, or to the fault that says why it is neither."""

import math
from collections.abc import Iterable, Sequence

import numpy as np

from engine.data.cells import Cells, Numbers
from engine.data.said import Said
from engine.data.table import LARGEST_NUMBER, CategoricalColumn, Column, NumericColumn, quoted

MISSING = frozenset({"", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?"})
"""What a missing cell may look like."""

_TEXT = (
    "is not a number, but at least half of the column is. Mend the cell, leave it empty if the value is missing, or "
    "name the column in categorical."
)
_TOO_LARGE = (
    f"is not a number between -{LARGEST_NUMBER:.2g} and {LARGEST_NUMBER:.2g}. Leave the cell empty if the value is "
    "missing, or rescale the column."
)


def missing_among_numbers(said: Said) -> frozenset[str]:  # noqa: ARG001  # what is said will decide
    """Return what a missing cell may look like in a column whose other cells are all numbers."""
    return MISSING


def plain_numbers_suffice(said: Said) -> bool:  # noqa: ARG001  # what is said will decide
    """Tell whether a number with a point or an exponent, or a whole one, means itself: "1.234" may be a thousand."""
    return True


def column_of(
    name: str,
    cells: Cells | Numbers,
    lines: Sequence[int],
    said: Said,
    *,
    forced: bool,
) -> Column | Iterable[str]:
    """Return the column, or its faults one by one; one that is `forced` or named as categorical is one of words.

    `Numbers` come only where `plain_numbers_suffice` and the column is neither of words nor the target; they make the
    same column as the same cells would as text.
    """
    if isinstance(cells, Numbers):
        return NumericColumn(name, cells.values)
    words = [None if word in MISSING else word for word in cells.words]
    numbers = [math.nan if word is None else parse_number(word) for word in words]
    counts = cells.counts()
    present = sum(int(count) for word, count in zip(words, counts, strict=True) if word is not None)
    not_numbers = sum(int(count) for number, count in zip(numbers, counts, strict=True) if number is None)
    if forced or name in said.categorical or 2 * not_numbers > present:
        return CategoricalColumn(name, np.array(words, np.object_)[cells.codes])
    faults = [None if word is None else _cell_fault(number) for word, number in zip(words, numbers, strict=True)]
    if any(faults):
        places = ((line, code) for line, code in zip(lines, cells.codes, strict=True) if faults[code])
        return (
            f"Line {line}, column {quoted(name)}: {quoted(cells.words[code])} {faults[code]}" for line, code in places
        )
    return NumericColumn(name, np.array(numbers, np.float64)[cells.codes])


def _cell_fault(number: float | None) -> str | None:
    if number is None:
        return _TEXT
    return None if abs(number) <= LARGEST_NUMBER else _TOO_LARGE


def parse_number(word: str) -> float | None:
    """Return the number that a cell holds, None if it is none."""
    if "_" in word:  # Python reads 1_000 as a number; a table means something else by it
        return None
    try:
        return float(word)
    except ValueError:
        return None
