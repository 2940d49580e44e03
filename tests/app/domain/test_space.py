"""Tests of the search space: shares, bounds, steps, choices, conditions."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.space import ChoiceParameter, Conditions, FloatParameter, IntParameter, Space

GRID = [(index + 0.5) / 10_000 for index in range(10_000)]
BELOW_ONE = 1.0 - 2.0**-53
quantiles = st.floats(0.0, BELOW_ONE)


def share(values: list[float], low: float, high: float) -> float:
    return sum(low <= value < high for value in values) / len(values)


def test_a_log_axis_gives_every_decade_the_same_share() -> None:
    values = [FloatParameter(1e-4, 1.0, "log").at(quantile) for quantile in GRID]
    for low, high in pairwise([1e-4, 1e-3, 1e-2, 1e-1, 1.0]):
        assert share(values, low, high) == pytest.approx(0.25, abs=1e-3)


def test_a_reverse_log_axis_gives_every_decade_of_the_distance_to_one_the_same_share() -> None:
    values = [FloatParameter(0.9, 0.9999, "reverse_log").at(quantile) for quantile in GRID]
    for low, high in pairwise([0.9, 0.99, 0.999, 0.9999]):
        assert share(values, low, high) == pytest.approx(1 / 3, abs=1e-3)


def test_a_reverse_log_axis_rises_with_the_quantile() -> None:
    values = [FloatParameter(0.9, 0.999, "reverse_log").at(quantile) for quantile in GRID]
    assert values == sorted(values)


def test_a_linear_axis_is_uniform() -> None:
    values = [FloatParameter(-2.0, 2.0).at(quantile) for quantile in GRID]
    assert share(values, -2.0, -1.0) == pytest.approx(0.25, abs=1e-3)


def test_an_integer_log_axis_gives_every_decade_the_same_share() -> None:
    values = [float(IntParameter(1, 999, "log").at(quantile)) for quantile in GRID]
    for low, high in pairwise([1, 10, 100, 1000]):
        assert share(values, low, high) == pytest.approx(1 / 3, abs=1e-3)


def test_an_integer_axis_gives_every_number_the_same_share() -> None:
    values = [IntParameter(3, 6).at(quantile) for quantile in GRID]
    assert {value: values.count(value) for value in set(values)} == dict.fromkeys([3, 4, 5, 6], 2500)


@given(
    bounds=st.tuples(st.floats(-1e300, 1e300), st.floats(-1e300, 1e300)).filter(lambda pair: pair[0] < pair[1]),
    quantile=quantiles,
    data=st.data(),
)
def test_a_float_never_leaves_its_bounds(bounds: tuple[float, float], quantile: float, data: st.DataObject) -> None:
    low, high = bounds
    scales = ["linear", *(["log"] if low > 0 else []), *(["reverse_log"] if high < 1 else [])]
    parameter = FloatParameter(low, high, data.draw(st.sampled_from(scales)))
    assert low <= parameter.at(quantile) <= high


@given(low=st.integers(1, 10**6), width=st.integers(1, 10**6), quantile=quantiles, data=st.data())
def test_an_integer_is_a_whole_number_of_steps_within_its_bounds(
    low: int, width: int, quantile: float, data: st.DataObject
) -> None:
    step = data.draw(st.integers(1, width))
    scale = data.draw(st.sampled_from(["linear", "log"]))
    value = IntParameter(low, low + width, scale, step).at(quantile)  # type: ignore[arg-type] # words
    assert low <= value <= low + width
    assert (value - low) % step == 0


@pytest.mark.parametrize("scale", ["linear", "log", "reverse_log"])
def test_steps_reach_both_ends_and_nothing_between_them(scale: str) -> None:
    parameter = FloatParameter(0.1, 0.5, scale, step=0.1)  # type: ignore[arg-type] # words
    values = {round(parameter.at(quantile), 12) for quantile in (0.0, *GRID, BELOW_ONE)}
    assert values == {0.1, 0.2, 0.3, 0.4, 0.5}


def test_linear_steps_are_equally_likely() -> None:
    values = [round(FloatParameter(0.0, 0.3, step=0.1).at(quantile), 12) for quantile in GRID]
    assert {value: values.count(value) for value in set(values)} == dict.fromkeys([0.0, 0.1, 0.2, 0.3], 2500)


def test_a_choice_follows_its_weights() -> None:
    parameter = ChoiceParameter(("sgd", "adam", "rmsprop"), weights=(1.0, 3.0, 0.0))
    values = [parameter.at(quantile) for quantile in (0.0, *GRID, BELOW_ONE)]
    assert values.count("sgd") == 2501
    assert values.count("adam") == 7501


def test_a_choice_without_weights_gives_every_value_the_same_share() -> None:
    values = [ChoiceParameter(([32], [64], [64, 32], [])).at(quantile) for quantile in GRID]
    assert all(values.count(value) == 2500 for value in ([32], [64], [64, 32], []))


def axis(when: Conditions | None = None) -> FloatParameter:
    return FloatParameter(0.0, 1.0, when=when)


def chain() -> Space:
    return Space(
        {
            "optimizer": ChoiceParameter(("sgd", "momentum")),
            "beta1": ChoiceParameter((0.5, 0.9), when={"optimizer": ["momentum"]}),
            "decay_rate": axis({"beta1": [0.9]}),
        }
    )


def test_a_parameter_whose_condition_fails_is_left_out() -> None:
    point = chain().point({"optimizer": 0.0, "beta1": 0.9, "decay_rate": 0.5}, {})
    assert point == {"optimizer": "sgd"}


def test_conditions_hold_along_a_chain() -> None:
    low = chain().point({"optimizer": 0.9, "beta1": 0.0, "decay_rate": 0.5}, {})
    high = chain().point({"optimizer": 0.9, "beta1": 0.9, "decay_rate": 0.5}, {})
    assert low == {"optimizer": "momentum", "beta1": 0.5}
    assert high == {"optimizer": "momentum", "beta1": 0.9, "decay_rate": 0.5}


def test_a_condition_looks_at_fixed_values_too() -> None:
    space = Space({"beta1": axis({"optimizer": ["momentum", "adam"], "hidden_units": [[64, 32]]})})
    units = {"hidden_units": [64, 32]}
    assert space.point({"beta1": 0.5}, {"optimizer": "adam", **units}) == {"beta1": 0.5}
    assert space.point({"beta1": 0.5}, {"optimizer": "sgd", **units}) == {}


def test_wide_scales_do_not_overflow() -> None:
    parameter = FloatParameter(5e-324, 1e308, "log")
    assert math.isfinite(parameter.at(BELOW_ONE))
