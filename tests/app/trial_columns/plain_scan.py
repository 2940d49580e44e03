"""Lists of trials as a plain scan finds them: every trial is looked at, and compared with each other value by value."""

from collections.abc import Mapping, Sequence
from functools import cmp_to_key
from typing import Any, cast

from app.domain.filters import Condition, Field, Operator, TrialQuery
from app.domain.values import Value

Row = Mapping[Field, Value]
"""The values of a trial; a field that is missing has none."""

_ACCEPTED: Mapping[Operator, frozenset[int]] = {
    "<": frozenset({-1}),
    "<=": frozenset({-1, 0}),
    "=": frozenset({0}),
    ">=": frozenset({0, 1}),
    ">": frozenset({1}),
}


def scan(rows: Sequence[Row], query: TrialQuery) -> list[int]:
    """Return the numbers of all trials that fit, in order."""
    fitting = [number for number, row in enumerate(rows) if _fits(row, number, query)]

    def order(one: int, other: int) -> int:
        first, second = _value(rows[one], one, query.sort), _value(rows[other], other, query.sort)
        if first is None or second is None:
            return (first is None) - (second is None) or one - other
        return (compare(second, first) if query.descending else compare(first, second)) or one - other

    return sorted(fitting, key=cmp_to_key(order))


def compare(one: Value, other: Value) -> int:
    """Return -1, 0 or 1 as a value comes before another one, is the same, or comes after it."""
    if _kind(one) != _kind(other):
        return _sign(_kind(one), _kind(other))
    if isinstance(one, list) and isinstance(other, list):
        return _first_difference(one, other)
    if isinstance(one, dict) and isinstance(other, dict):
        return _first_difference(_flat(one), _flat(other))
    return _sign(one, other)


def _first_difference(one: Sequence[Value], other: Sequence[Value]) -> int:
    differences = (compare(*pair) for pair in zip(one, other, strict=False))
    return next((found for found in differences if found), _sign(len(one), len(other)))


def _flat(value: Mapping[str, Value]) -> list[Value]:
    return [part for name in sorted(value) for part in (name, value[name])]


def _kind(value: Value) -> int:
    kinds: list[type | tuple[type, ...]] = [type(None), bool, (int, float), str, list, dict]
    return next(place for place, kind in enumerate(kinds) if isinstance(value, kind))


def _sign(one: Value, other: Value) -> int:
    if one is None:
        return 0  # both are null
    first, second = cast("tuple[Any, Any]", (one, other))  # both are numbers, or both texts
    return int(first > second) - int(first < second)


def _value(row: Row, number: int, field: Field) -> Value:
    return number if field == Field("number") else row.get(field)


def _fits(row: Row, number: int, query: TrialQuery) -> bool:
    state = row.get(Field("state"))
    return (not query.states or state in query.states) and all(
        _meets(_value(row, number, one.field), one) for one in query.conditions
    )


def _meets(value: Value, condition: Condition) -> bool:
    wanted = condition.value
    if condition.operator == "in":
        assert isinstance(wanted, Sequence)
        return any(_meets(value, Condition(condition.field, "=", item)) for item in wanted)
    if wanted is None:
        return (value is None) is (condition.operator == "=")
    if value is None:
        return False
    if condition.operator == "!=":
        return compare(value, wanted) != 0
    return _kind(value) == _kind(wanted) and compare(value, wanted) in _ACCEPTED[condition.operator]
