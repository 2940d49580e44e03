"""Tests of the ranges of hyperparameters and their sentences."""

import math

import pytest

from app.contract.ranges import Flag, OneOf, Range, Real, Whole, Widths, kind_of, refusal
from app.domain.space import ChoiceParameter, FloatParameter, IntParameter, Value
from engine.bounds import Bounds


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
    ],
)
def test_a_refusal_names_the_value_and_the_rule(allowed: Range, rule: str) -> None:
    assert refusal("thing", -1, allowed) == f"The value -1 is not possible for thing: it must be {rule}."


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, True, "1", None, [1]])
@pytest.mark.parametrize("allowed", [Real(Bounds(0.0)), Whole(0, 9), OneOf(("a",)), Widths(2, 9)])
def test_what_is_of_another_kind_is_refused_by_every_range(allowed: Range, value: Value) -> None:
    assert allowed.accepts(value) is (isinstance(allowed, Widths) and value == [1])


@pytest.mark.parametrize(("value", "rounded"), [(1e-46, "0"), (1.0 - 1e-9, "1")])
def test_a_number_that_float32_cannot_hold_is_refused_with_the_reason(value: float, rounded: str) -> None:
    allowed = Real(Bounds(0.0, 1.0, high_open=True))
    rule = f"a number at least 0 and below 1 that float32, in which networks train, does not round to {rounded}"
    assert not allowed.accepts(value)
    assert refusal("x", value, allowed) == f"The value {value} is not possible for x: it must be {rule}."


def test_numbers_are_no_truth_values_and_whole_floats_no_whole_numbers() -> None:
    assert [Flag().accepts(value) for value in (True, False, 0, 1, "true")] == [True, True, False, False, False]
    assert not Whole(0, 9).accepts(1.0)


def test_kinds_are_named_as_in_a_request() -> None:
    parameters = (FloatParameter(0.0, 1.0), IntParameter(0, 1), ChoiceParameter((1,)))
    assert [kind_of(parameter) for parameter in parameters] == ["float", "int", "choice"]


def test_a_whole_number_beyond_every_double_is_refused_and_not_an_error() -> None:
    assert not Real(Bounds(0.0)).accepts(10**400)
    assert not Real(Bounds(0.0)).accepts(float("inf"))
