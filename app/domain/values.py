"""JSON values, and when two of them are the same: the one rule for choices, conditions and filters."""

from collections.abc import Hashable, Mapping, Sequence

Value = bool | int | float | str | None | Sequence["Value"] | Mapping[str, "Value"]


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


def same(one: Value, other: Value) -> bool:
    """Return whether two JSON values are the same."""
    return key(one) == key(other)
