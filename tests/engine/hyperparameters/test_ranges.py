"""Tests of the ranges of hyperparameters: their words, their schemas, and what they accept."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator, meta

from engine.hyperparameters import HYPERPARAMETERS
from engine.hyperparameters.bounds import Bounds
from engine.hyperparameters.ranges import Flag, Object, OneOf, Range, Real, Whole, Widths


@pytest.mark.parametrize(
    ("allowed", "rule"),
    [
        (Real(Bounds(0.0)), "a number at least 0"),
        (Real(Bounds(0.0, low_open=True)), "a number above 0"),
        (Real(Bounds(0.0, 1.0, high_open=True)), "a number at least 0 and below 1"),
        (Real(Bounds(0.0, 1.0, low_open=True)), "a number above 0 and at most 1"),
        (Whole(1, 10_000, ("full",)), 'a whole number from 1 to 10,000 or "full"'),
        (OneOf(("a", "b")), 'one of "a", "b"'),
        (Flag(), "true or false"),
        (Widths(2, 5_000), "a list of at most 2 widths, each a whole number from 1 to 5,000"),
        (Object({"x": Flag()}), "an object with any of x, true or false"),
    ],
)
def test_what_is_wrong_with_a_value_is_told_by_the_rule(allowed: Range, rule: str) -> None:
    assert allowed.rule() == allowed.reason(-1) == rule


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, True, "1", None, [1]])
@pytest.mark.parametrize("allowed", [Real(Bounds(0.0)), Whole(0, 9), OneOf(("a",)), Widths(2, 9)])
def test_what_is_of_another_kind_is_refused_by_every_range(allowed: Range, value: object) -> None:
    assert allowed.accepts(value) is (isinstance(allowed, Widths) and value == [1])


@pytest.mark.parametrize(("value", "rounded"), [(1e-46, "0"), (1.0 - 1e-9, "1")])
def test_a_number_that_float32_cannot_hold_is_refused_with_the_reason(value: float, rounded: str) -> None:
    allowed = Real(Bounds(0.0, 1.0, high_open=True))
    rule = f"a number at least 0 and below 1 that float32, in which networks train, does not round to {rounded}"
    assert not allowed.accepts(value)
    assert allowed.reason(value) == rule


def test_numbers_are_no_truth_values_and_whole_floats_no_whole_numbers() -> None:
    assert [Flag().accepts(value) for value in (True, False, 0, 1, "true")] == [True, True, False, False, False]
    assert not Whole(0, 9).accepts(1.0)


def test_a_whole_number_beyond_every_double_is_refused_and_not_an_error() -> None:
    assert not Real(Bounds(0.0)).accepts(10**400)
    assert not Real(Bounds(0.0)).accepts(float("inf"))


# None of these is beyond float32, of which a schema knows nothing.
NUMBERS = st.integers(-2, 20_000_000) | st.floats(-2.0, 200.0, width=16) | st.sampled_from([0, 1, 1e-18, 0.01, 0.3])
WORDS = st.sampled_from(sorted({"full", "all", "relu", "he", "adam", "staircase", "batch", "auto", "none"}))
FIELDS = st.sampled_from(["flip", "tilt", "zoom", "elastic_sigma", "rotate"])
VALUES = NUMBERS | WORDS | st.booleans() | st.none() | st.lists(NUMBERS, max_size=18) | st.dictionaries(FIELDS, NUMBERS)


@pytest.mark.parametrize("name", HYPERPARAMETERS)
def test_a_schema_and_a_check_accept_the_same_values(name: str) -> None:
    allowed = HYPERPARAMETERS[name].allowed
    meta.validate(allowed.schema())
    validator = Draft202012Validator(allowed.schema())

    @given(VALUES)
    def check(value: Any) -> None:
        written = _plain(value)
        assert allowed.accepts(written) == validator.is_valid(written)

    check()


def _plain(value: Any) -> Any:
    """Write 20.0 as 20, as JSON Schema reads it."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
