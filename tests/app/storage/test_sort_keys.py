"""Tests of the sort keys of lists and objects."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.values import Value, key
from app.storage.sort_keys import sort_key

numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=6,
)


@given(one=st.lists(numbers, max_size=4), other=st.lists(numbers, max_size=4))
def test_keys_of_lists_of_numbers_are_ordered_as_the_lists(one: list[float], other: list[float]) -> None:
    ours, theirs = sort_key(json.dumps(one)), sort_key(json.dumps(other))
    assert (ours < theirs, ours == theirs) == (one < other, one == other)


@given(one=values, other=values)
def test_values_have_one_key_if_and_only_if_they_are_the_same(one: Value, other: Value) -> None:
    assert (sort_key(json.dumps(one)) == sort_key(json.dumps(other))) is (key(one) == key(other))


@pytest.mark.parametrize(
    ("one", "other"), [([True], [1]), (["1"], [1]), ([[1], 2], [[1, 2]]), (["a", "b"], ["ab"]), ([" "], [""])]
)
def test_values_that_look_alike_have_other_keys(one: Value, other: Value) -> None:
    assert sort_key(json.dumps(one)) != sort_key(json.dumps(other))
