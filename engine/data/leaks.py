"""Leaks: inputs that give the answer away, and rows of dev or test that were trained on; each is named in a note."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.notes import Code, Note
from engine.data.quoting import listed, quoted
from engine.data.table import Column, NumericColumn, Table
from engine.data.target import Target

_FEWEST_ROWS = 20
"""Tables with fewer rows look like anything by chance."""
_SAMPLE = 200
"""The rows by which most columns are found innocent, so that thousands of pixels take no time."""
_MOST_NAMED = 5
_ROUNDING = 1e-6
"""How far from a straight line, of the range of the target, a copy of it may be."""


_ROW_NUMBER = "These columns number the rows: {}. All they can teach is where a row stood. Leave them out with ignore."
_UNIQUE = (
    "Nearly every cell of these columns has a word of its own: {}. What is learned of one hardly applies to others. "
    "Leave them out with ignore."
)
_EQUAL = (
    "These columns tell the target by themselves: {}. If rows to predict come without them, leave them out with ignore."
)


def input_notes(features: Table, target: Target) -> Iterator[Note]:
    """Yield notes on the columns of a training table that give away the row or the target."""
    if len(features) < _FEWEST_ROWS:
        return
    for code, sentence, how_of in _KINDS:
        hows = ((column.name, how_of(column, target)) for column in features.columns)
        if found := {name: how for name, how in hows if how is not None}:
            yield Note(code, tuple(found), sentence.format(_shown(found)))


def _shown(found: Mapping[str, str]) -> str:
    return listed([f"{quoted(name)}{how}" for name, how in found.items()], _MOST_NAMED)


def _row_number(column: Column, _: Target) -> str | None:
    return "" if isinstance(column, NumericColumn) and _numbers_rows(column.values) else None


def _numbers_rows(values: NDArray[Any]) -> bool:
    """Return whether values rise or fall by the same step from row to row, or are consecutive whole numbers."""
    some = _sample(values).astype(np.float64)  # differences of bytes would begin again at 256
    if _is_even(some) and _is_even(values.astype(np.float64)):
        return True
    if len(np.unique(some)) < len(some) or not np.all(some == np.round(some)):
        return False
    return bool(np.all(np.diff(np.sort(values).astype(np.float64)) == 1.0))


def _is_even(values: NDArray[np.float64]) -> bool:
    """Return whether values rise or fall by the same step."""
    steps = np.diff(values)
    rounding = 4.0 * np.finfo(np.float64).eps * np.abs(values).max()
    return bool(np.abs(steps[0]) > rounding and np.abs(steps - steps[0]).max() <= rounding)


def _unique_words(column: Column, _: Target) -> str | None:
    if isinstance(column, NumericColumn):
        return None
    present = column.values[~column.missing]
    different = len(set(present))
    if 2 * different <= len(present) or different < _FEWEST_ROWS:
        return None
    return f" ({different:,} words in {len(present):,} cells)"


def _equal(column: Column, target: Target) -> str | None:
    pairs = [(column.values, target.values)]
    pairs.insert(0, (_sample(column.values), _sample(target.values)))
    if isinstance(column, NumericColumn) and not target.classes and all(_on_a_line(x, y) for x, y in pairs):
        return " (it lies on a straight line with it)"
    # Values that never come again are one to one whatever they mean.
    if all(_one_to_one(x, y) for x, y in pairs) and 2 * len(np.unique(target.values)) <= len(target.values):
        return " (one value for each of its values)"
    return None


_KINDS: Sequence[tuple[Code, str, Callable[[Column, Target], str | None]]] = (
    ("row_number", _ROW_NUMBER, _row_number),
    ("nearly_unique_words", _UNIQUE, _unique_words),
    ("input_equals_target", _EQUAL, _equal),
)
"""What each kind of leak is called, says, and how it is seen in a column: None, or what to say of the column."""


def _sample(values: NDArray[Any]) -> NDArray[Any]:
    return values[:: max(len(values) // _SAMPLE, 1)]


def _on_a_line(x: NDArray[Any], y: NDArray[Any]) -> bool:
    """Return whether y is a + b x for some a and b where x is not missing, which is in most rows."""
    there = ~np.isnan(x)
    if 2 * np.count_nonzero(there) < len(x):
        return False
    x, y = x[there] - x[there].mean(), y[there] - y[there].mean()
    slope = (x @ y) / (x @ x) if x.any() else 0.0
    return bool(np.abs(y - slope * x).max() <= _ROUNDING * np.ptp(y))


def _one_to_one(x: NDArray[Any], y: NDArray[Any]) -> bool:
    """Return whether each value of x comes with one value of y, and that with no other; NaN is a value."""
    values = [None if math.isnan(one) else one for one in x.tolist()] if x.dtype.kind == "f" else x.tolist()
    labels = y.tolist()
    return len(set(values)) == len(set(labels)) == len({*zip(values, labels, strict=True)})


def copy_notes(x: Mapping[str, NDArray[Any]], y: Mapping[str, NDArray[Any]], separate: Sequence[str]) -> Iterator[Note]:
    """Yield a note for each part that holds training rows, and for tables of their own that are the same.

    `x` and `y` are inputs (m, n) and targets (m,) of train, dev and test; rows are alike if a network sees them so.
    """
    rows = {part: list(zip(_marks(x[part]), y[part].tolist(), strict=True)) for part in x}
    files = {"file": [row for part in x if part not in separate for row in rows[part]]}
    files |= {f"{part}_file": rows[part] for part in separate}
    same = {pair for pair in combinations(files, 2) if sorted(files[pair[0]]) == sorted(files[pair[1]])}
    for one, other in sorted(same):
        detail = f"{one} and {other} hold the same rows, so that what was learned by heart looks like skill"
        yield Note("same_file", (), f"{detail}. Send rows of their own, or leave {other} out.")
    for part in ("dev", "test"):
        if ("file", f"{part}_file") not in same:
            yield from _copies(part, rows[part], rows["train"])


def _marks(x: NDArray[Any]) -> list[int]:
    """Return a number for each row, equal where the rows are."""
    zero = x.dtype.type(0)  # adding it makes 0.0 of -0.0
    return [hash((row + zero).tobytes()) for row in x]


def _copies(part: str, rows: list[tuple[int, Any]], train: list[tuple[int, Any]]) -> Iterator[Note]:
    marks, whole = {mark for mark, _ in train}, set(train)
    alike = sum(mark in marks for mark, _ in rows)
    if alike:
        targets = sum(row in whole for row in rows)
        share = f"{alike:,} ({alike / len(rows):.1%}) have the inputs of a training row, {targets:,} its target as well"
        way = "Leave copies out, or keep them together with group; where inputs take few values, rows agree by chance."
        yield Note("copied_rows", (), f"Of the {len(rows):,} rows of {part}, {share}. {way}")
