"""What is noted of columns that do not vary in the training part, since no network can learn what they mean."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from engine.data.column_groups import Parts, column_groups
from engine.data.encoding import MOST_CATEGORIES
from engine.data.notes import Note
from engine.data.rounding import varies
from engine.data.table import CategoricalColumn, Column, Image, NumericColumn, quoted

_MOST_NAMED = 5

_ONE_VALUE = "The training part has only one value in each of these {}"
_STILL = "and so have dev and test: {}. Normalised, they count for nothing; otherwise they act as a bias."
_MOVING = "while dev or test have others: {}. No network can learn what those mean: normalised, they count for nothing."
_UNKNOWN = (
    "Dev or test have words, or missing cells, in these columns that the training part never has: {}. No network can "
    "learn what those mean: normalised, they count for nothing."
)


def constant_notes(parts: Parts, image: Image | None = None) -> Iterator[Note]:
    """Yield notes on columns, or channels of images, that have one value in train, and on words that train has not."""
    constant = [group for group in column_groups(parts, image) if not _varies(group.train)]
    moves = [_varies(group.every) for group in constant]
    for moving, rest in ((False, _STILL), (True, _MOVING)):
        groups = [group for group, moved in zip(constant, moves, strict=True) if moved is moving]
        if groups:
            kind = "channels" if image else "columns"
            detail = f"{_ONE_VALUE.format(kind)}, {rest.format(_listed(group.name for group in groups))}"
            columns = [column.name for group in groups for column in group.train]
            yield Note("constant_input", tuple(columns), detail)
    if unknown := dict(_unknown_words(parts)):
        shown = _listed(f"{quoted(name)} ({example})" for name, example in unknown.items())
        yield Note("unknown_words", tuple(unknown), _UNKNOWN.format(shown))


def _varies(columns: Sequence[Column]) -> bool:
    """Tell whether columns together have more than one value; a missing cell is one among words, not among numbers."""
    numbers = [column for column in columns if isinstance(column, NumericColumn)]
    if not numbers:
        return len({word for column in columns for word in column.values}) > 1
    present = [values for column in numbers if len(values := column.present)]
    low = min((values.min() for values in present), default=0.0)
    high = max((values.max() for values in present), default=0.0)
    return bool(varies(np.array(low), np.array(high), numbers[0].source))


def _unknown_words(parts: Parts) -> Iterator[tuple[str, str]]:
    """Yield each column of words that vary, of which train has no gaps, and the first word or gap new to it."""
    for place, column in enumerate(parts["train"]):
        known = set(column.values) if isinstance(column, CategoricalColumn) else {None}
        if None in known or len(known) == 1:
            continue
        shared = len(known) > MOST_CATEGORIES  # words beyond that, and new ones, share an input
        others = (word for columns in parts.values() for word in columns[place].values if word not in known)
        for word in (word for word in others if word is None or not shared):
            yield column.name, "a missing cell" if word is None else quoted(word)
            break


def _listed(names: Iterable[str]) -> str:
    every = list(names)
    more = f" and {len(every) - _MOST_NAMED:,} more" if len(every) > _MOST_NAMED else ""
    return ", ".join(every[:_MOST_NAMED]) + more
