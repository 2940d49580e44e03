"""JSON values, and when two of them are the same: the one rule for choices, conditions and filters."""

import re
from collections.abc import Hashable, Mapping, Sequence

Value = bool | int | float | str | None | Sequence["Value"] | Mapping[str, "Value"]

LARGEST_WHOLE = 2**63 - 1
"""The largest whole number that fits into 64 bits, which is what SQLite can hold; the smallest is its negative."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_LARGEST_EXACT = 2.0**53
"""Up to here every whole number is a double."""


def key(value: Value) -> Hashable:
    """Return what two values share if they are the same, and only then.

    Numbers are compared by their size (1 and 1.0 agree), true is not 1, lists and tuples go element by element, and
    the order of an object's names does not matter.
    """
    if isinstance(value, bool):
        return bool, value
    if isinstance(value, list | tuple):
        return list, tuple(map(key, value))
    if isinstance(value, Mapping):
        return dict, frozenset((name, key(inner)) for name, inner in value.items())
    return value  # a number, a text or null: never a pair that starts with a type


def is_text(text: str) -> bool:
    """Return whether a text can be stored: it has no NUL character and no half of a surrogate pair."""
    return "\0" not in text and not has_half_pair(text)


def has_half_pair(text: str) -> bool:
    """Return whether a text has half of a surrogate pair, which no encoding can write."""
    return not text.isascii() and _SURROGATE.search(text) is not None


def whole(value: Value) -> Value:
    """Return 20.0 as 20, and any other value as it is."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= _LARGEST_EXACT:
        return int(value)
    return value
