"""JSON values: when two of them are the same, which comes first, and which can be stored."""

import re
import struct
from collections.abc import Mapping, Sequence

Value = bool | int | float | str | None | Sequence["Value"] | Mapping[str, "Value"]

LARGEST_WHOLE = 2**63 - 1
"""The largest whole number that fits into 64 bits, which is what SQLite can hold; the smallest is its negative."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_LARGEST_EXACT = 2.0**53
"""Up to here every whole number is a double."""
_DOUBLE = struct.Struct(">d")
_FARTHEST = 1 << 11
"""Farther than this no whole number of 64 bits is from its nearest double."""
_END = " "  # below the first sign of every value, so that a list comes before those that go on
_LOWEST, _ABOVE = "\0", "\xff"
_NULL, _TRUTH, _NUMBER, _TEXT, _LIST, _OBJECT = "012345"


def key(value: Value) -> str:
    """Return a text that two values share if and only if they are the same, and whose order is that of the values.

    It is the one rule for choices, conditions, filters and sorting. Null comes first, then truth values, numbers,
    texts, lists, objects. Numbers are compared by their size (1 and 1.0 agree), true is not 1, texts go by the numbers
    of their characters, lists and tuples item by item, and the order of an object's names does not matter.
    """
    if value is None:
        return _NULL
    if isinstance(value, bool):
        return f"{_TRUTH}{value:d}"
    if isinstance(value, int | float):
        return _key_of_number(value)
    if isinstance(value, str):
        # It ends with the lowest character; one within it is told from the end by what follows.
        return f"{_TEXT}{value.replace(_LOWEST, _LOWEST + _ABOVE)}{_LOWEST}"
    if isinstance(value, Mapping):
        return f"{_OBJECT}{''.join(key(name) + key(value[name]) for name in sorted(value))}{_END}"
    return f"{_LIST}{''.join(map(key, value))}{_END}"


def keys_of_kind(value: Value) -> tuple[str, str]:
    """Return between which two texts the keys of all values lie that compare with `value`: the second is above all."""
    sign = key(value)[0]
    return sign, chr(ord(sign) + 1)


def _key_of_number(number: float) -> str:
    """Return the bits of the nearest double as a number that grows with it, and what is missing to a whole number."""
    double = float(number) + 0.0  # 0.0 and -0.0 are the same
    bits = int.from_bytes(_DOUBLE.pack(double))
    ordered = (bits ^ ((1 << 64) - 1)) if bits >> 63 else bits | (1 << 63)
    missing = number - int(double) if isinstance(number, int) else 0
    return f"{_NUMBER}{ordered:016x}{missing + _FARTHEST:03x}"


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
