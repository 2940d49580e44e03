"""Tests of when two JSON values are the same, and which comes first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.values import LARGEST_WHOLE, Value, key

plain = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.0, -0.0, 1.0, 0.5]) | st.sampled_from("ab")
values = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1.0),
        (0.0, -0.0),
        ([64, [1]], (64.0, (1,))),
        ({"flip": 1, "tilt": [2]}, {"tilt": [2.0], "flip": 1.0}),
        ("adam", "adam"),
        (None, None),
        (2**62, float(2**62)),
    ],
)
def test_values_that_say_the_same_are_the_same(one: Value, other: Value) -> None:
    assert key(one) == key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (True, 1),
        (False, 0),
        ([True], [1]),
        (1, "1"),
        ([64], [64, 32]),
        ([64], 64),
        ([], {}),
        ({"a": 1}, {"a": True}),
        ({"a": 1}, {"b": 1}),
        (None, False),
        ("", None),
        (2**62 + 1, float(2**62)),
        ([[1], 2], [[1, 2]]),
        (["a", "b"], ["ab"]),
        ([" "], [""]),
    ],
)
def test_values_that_do_not_are_not(one: Value, other: Value) -> None:
    assert key(one) != key(other)


def recursively(one: Value, other: Value) -> bool:
    """The same rule, written as a comparison of pairs."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(recursively, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(recursively(value, other[name]) for name, value in one.items())
    numbers = all(isinstance(value, int | float) for value in (one, other))
    return one == other and (numbers or type(one) is type(other))


@given(one=values, other=values)
def test_keys_agree_where_a_comparison_pair_by_pair_does(one: Value, other: Value) -> None:
    assert (key(one) == key(other)) is bool(recursively(one, other))


numbers = st.integers(-LARGEST_WHOLE, LARGEST_WHOLE) | st.floats(allow_nan=False, allow_infinity=False)
near = st.builds(int.__add__, st.sampled_from([2**53, -(2**62)]), st.integers(-3, 3)).flatmap(
    lambda number: st.sampled_from([number, float(number)])
)


@given(one=st.lists(numbers | near, max_size=4), other=st.lists(numbers | near, max_size=4))
def test_keys_are_ordered_as_lists_of_numbers_are(one: list[float], other: list[float]) -> None:
    assert (key(one) < key(other), key(one) == key(other)) == (one < other, one == other)


@pytest.mark.parametrize("number", [LARGEST_WHOLE, -LARGEST_WHOLE])
def test_the_largest_whole_numbers_have_their_own_keys_in_order(number: int) -> None:
    inward = number - 1 if number > 0 else number + 1
    assert (key(number) < key(inward)) is (number < inward)
    assert key(number) != key(float(number))
