"""Tests of values that make no sense together."""

from typing import Any

import pytest

from app.contract.combinations import combination_faults


def points(**values: Any) -> dict[str, list[tuple[Any, str]]]:
    """Every hyperparameter that a clash knows, at its default or at these values, `x` standing for its place."""
    defaults = {"batch_size": 64, "batch_norm": False, "decay": "none", "decay_rate": 0.95}
    whole = {name: [(default, "")] for name, default in defaults.items()}
    return {**whole, **{name: [(value, f"/x/{name}/{n}") for n, value in enumerate(v)] for name, v in values.items()}}


@pytest.mark.parametrize(
    ("values", "place", "sentence"),
    [
        (
            {"batch_size": [32, 1], "batch_norm": [True]},
            "/x/batch_size/1",
            "batch_size is 1 where batch_norm is true: batch norm brings every unit of a single example to zero, so "
            "nothing is learned. Use at least 2, or leave batch_norm out.",
        ),
        (
            {"decay": ["staircase", "exponential"], "decay_rate": [0.5, 1.5]},
            "/x/decay_rate/1",
            "decay_rate is 1.5 where decay is exponential or staircase: the learning rate would grow with every "
            "period. Use at most 1, or another decay.",
        ),
    ],
)
def test_a_value_that_always_meets_what_it_cannot_go_with_is_refused(
    values: dict[str, list[Any]], place: str, sentence: str
) -> None:
    (fault,) = combination_faults(points(**values))

    assert (fault.pointer, fault.detail) == (place, sentence)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"batch_size": [1]},
        {"batch_size": [1], "batch_norm": [True, False]},
        {"batch_size": ["full"], "batch_norm": [True]},
        {"decay": ["inverse_time"], "decay_rate": [3.0]},
        {"decay": ["staircase"], "decay_rate": [1]},
        {"decay": ["staircase"]},
    ],
)
def test_what_may_go_together_passes(values: dict[str, list[Any]]) -> None:
    assert list(combination_faults(points(**values))) == []
