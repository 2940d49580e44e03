"""Sort keys of lists and objects: texts that SQLite compares as the values compare."""

import json
import struct

from app.domain.values import Value

_END = " "  # below the first letter of every value, so that a list comes before those that go on


def sort_key(text: str) -> str:
    """Return the key of a JSON value: lists are ordered by their items in turn, numbers by their size.

    Two values have the same key if and only if they are the same; numbers count as doubles.
    """
    return _key(json.loads(text))


def _key(value: Value) -> str:
    if value is None:
        return "a"
    if isinstance(value, bool):
        return f"b{value:d}"
    if isinstance(value, int | float):
        return f"n{_ordered_bits(float(value)):016x}"
    if isinstance(value, str):
        return f"t{json.dumps(value)}{_END}"
    if isinstance(value, dict):
        return f"o{''.join(_key(name) + _key(value[name]) for name in sorted(value))}{_END}"
    return f"l{''.join(map(_key, value))}{_END}"


def _ordered_bits(number: float) -> int:
    """Return the bits of a double as a whole number that grows with it; 0.0 and -0.0 have the same."""
    bits: int
    (bits,) = struct.unpack(">Q", struct.pack(">d", number + 0.0))
    return (bits ^ ((1 << 64) - 1)) if bits >> 63 else bits | (1 << 63)
