"""Tests of the search space: shares, bounds, steps, choices, conditions."""

import math
from collections.abc import Hashable, Mapping
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.conditions import Conditions
from app.domain.space import ChoiceParameter, FloatParameter, IntParameter, Parameter, Space
from app.domain.values import Value, key

GRID = [(index + 0.5) / 10_000 for index in range(10_000)]
BELOW_ONE = 1.0 - 2.0**-53
RULES = 2
quantiles = st.floats(0.0, BELOW_ONE)


def share(values: list[float], low: float, high: float) -> float:
    return sum(low <= value < high for value in values) / len(values)


def point(space: Space, quantiles: Mapping[str, float], fixed: Mapping[str, Value], rules: int) -> Mapping[str, Value]:
    return space.points([[quantiles[name] for name in space]], fixed, rules)[0]


def test_a_log_axis_gives_every_decade_the_same_share() -> None:
    values = FloatParameter(1e-4, 1.0, "log").at(GRID, RULES)
    for low, high in pairwise([1e-4, 1e-3, 1e-2, 1e-1, 1.0]):
        assert share(values, low, high) == pytest.approx(0.25, abs=1e-3)


def test_a_reverse_log_axis_gives_every_decade_of_the_distance_to_one_the_same_share() -> None:
    values = FloatParameter(0.9, 0.9999, "reverse_log").at(GRID, RULES)
    for low, high in pairwise([0.9, 0.99, 0.999, 0.9999]):
        assert share(values, low, high) == pytest.approx(1 / 3, abs=1e-3)


def test_a_reverse_log_axis_rises_with_the_quantile() -> None:
    values = FloatParameter(0.9, 0.999, "reverse_log").at(GRID, RULES)
    assert values == sorted(values)


def test_a_linear_axis_is_uniform() -> None:
    values = FloatParameter(-2.0, 2.0).at(GRID, RULES)
    assert share(values, -2.0, -1.0) == pytest.approx(0.25, abs=1e-3)


def test_an_integer_log_axis_gives_every_decade_the_same_share() -> None:
    values = list(map(float, IntParameter(1, 999, "log").at(GRID, RULES)))
    for low, high in pairwise([1, 10, 100, 1000]):
        assert share(values, low, high) == pytest.approx(1 / 3, abs=1e-3)


def test_an_integer_axis_gives_every_number_the_same_share() -> None:
    values = IntParameter(3, 6).at(GRID, RULES)
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
    assert low <= parameter.at([quantile], RULES)[0] <= high


@given(low=st.integers(1, 10**6), width=st.integers(1, 10**6), quantile=quantiles, data=st.data())
def test_an_integer_is_a_whole_number_of_steps_within_its_bounds(
    low: int, width: int, quantile: float, data: st.DataObject
) -> None:
    step = data.draw(st.integers(1, width))
    scale = data.draw(st.sampled_from(["linear", "log"]))
    value = IntParameter(low, low + width, scale, step).at([quantile], RULES)[0]  # type: ignore[arg-type] # words
    assert low <= value <= low + width
    assert (value - low) % step == 0


@pytest.mark.parametrize("scale", ["linear", "log", "reverse_log"])
def test_steps_reach_both_ends_and_nothing_between_them(scale: str) -> None:
    parameter = FloatParameter(0.1, 0.5, scale, step=0.1)  # type: ignore[arg-type] # words
    assert set(parameter.at([0.0, *GRID, BELOW_ONE], RULES)) == {0.1, 0.2, 0.3, 0.4, 0.5}


def test_linear_steps_are_equally_likely() -> None:
    values = FloatParameter(0.0, 0.3, step=0.1).at(GRID, RULES)
    assert {value: values.count(value) for value in set(values)} == dict.fromkeys([0.0, 0.1, 0.2, 0.3], 2500)


def test_a_choice_follows_its_weights() -> None:
    parameter = ChoiceParameter(("sgd", "adam", "rmsprop"), weights=(1.0, 3.0, 0.0))
    values = parameter.at([0.0, *GRID, BELOW_ONE], RULES)
    assert values.count("sgd") == 2501
    assert values.count("adam") == 7501


def test_the_end_of_a_choice_is_the_last_value_that_has_a_share() -> None:
    assert ChoiceParameter(("sgd", "adam", "rmsprop"), weights=(1.0, 3.0, 0.0)).at([1.0], RULES) == ["adam"]
    assert ChoiceParameter(("sgd", "adam")).at([1.0], RULES) == ["adam"]


def test_a_choice_without_weights_gives_every_value_the_same_share() -> None:
    values = ChoiceParameter(([32], [64], [64, 32], [])).at(GRID, RULES)
    assert all(values.count(value) == 2500 for value in ([32], [64], [64, 32], []))


def test_a_condition_on_a_grid_holds_for_the_value_as_it_is_written() -> None:
    space = Space({"keep_prob": FloatParameter(0.1, 0.5, step=0.1), "l2": axis({"keep_prob": [0.3]})})
    assert point(space, {"keep_prob": 0.5, "l2": 0.5}, {}, RULES) == {"keep_prob": 0.3, "l2": 0.5}


@pytest.mark.parametrize(
    ("value", "allowed", "holds"),
    [(True, 1, False), (1, True, False), (1, 1.0, True), ([64], [64.0], True), ([64], [64, 32], False)],
)
def test_a_condition_is_drawn_by_the_equality_that_it_is_checked_by(value: Value, allowed: Value, holds: bool) -> None:
    space = Space({"a": ChoiceParameter((value,)), "b": axis({"a": [allowed]}), "c": axis({"d": [allowed]})})
    drawn = point(space, {"a": 0.0, "b": 0.5, "c": 0.5}, {"d": value}, RULES)
    assert ("b" in drawn, "c" in drawn) == (holds, holds)
    assert (key(value) == key(allowed)) is holds


@pytest.mark.parametrize("names", [4_000])
def test_a_long_chain_of_conditions_is_drawn(names: int) -> None:
    chain: dict[str, Parameter] = {f"p{n}": ChoiceParameter((n,), when={f"p{n - 1}": [n - 1]}) for n in range(names)}
    chain["p0"] = ChoiceParameter((0, 1))
    space = Space(dict(reversed(chain.items())))
    quantiles = dict.fromkeys(chain, 0.0)
    assert len(point(space, quantiles, {}, RULES)) == names
    assert point(space, quantiles | {"p0": 0.9}, {}, RULES) == {"p0": 1}


def test_each_condition_is_looked_at_once_however_they_hang_together(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"p{n}" for n in range(16)]
    space = Space(
        {name: ChoiceParameter((1,), when={other: [1] for other in names[:n]}) for n, name in enumerate(names)}
    )
    calls = list[Value]()

    def counting(value: Value) -> Hashable:
        calls.append(value)
        return key(value)

    monkeypatch.setattr("app.domain.conditions.key", counting)
    point(space, dict.fromkeys(names, 0.5), {}, RULES)
    drawn_once = len(calls)
    point(space, dict.fromkeys(names, 0.5), {}, RULES)
    conditions = 16 * 15 // 2
    assert (drawn_once, len(calls)) == (2 * conditions, 3 * conditions)


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
    drawn = point(chain(), {"optimizer": 0.0, "beta1": 0.9, "decay_rate": 0.5}, {}, RULES)
    assert drawn == {"optimizer": "sgd"}


def test_conditions_hold_along_a_chain() -> None:
    low = point(chain(), {"optimizer": 0.9, "beta1": 0.0, "decay_rate": 0.5}, {}, RULES)
    high = point(chain(), {"optimizer": 0.9, "beta1": 0.9, "decay_rate": 0.5}, {}, RULES)
    assert low == {"optimizer": "momentum", "beta1": 0.5}
    assert high == {"optimizer": "momentum", "beta1": 0.9, "decay_rate": 0.5}


def test_a_condition_looks_at_fixed_values_too() -> None:
    space = Space({"beta1": axis({"optimizer": ["momentum", "adam"], "hidden_units": [[64, 32]]})})
    units = {"hidden_units": [64, 32]}
    assert point(space, {"beta1": 0.5}, {"optimizer": "adam", **units}, RULES) == {"beta1": 0.5}
    assert point(space, {"beta1": 0.5}, {"optimizer": "sgd", **units}, RULES) == {}


def test_wide_scales_do_not_overflow() -> None:
    parameter = FloatParameter(5e-324, 1e308, "log")
    assert math.isfinite(parameter.at([BELOW_ONE], RULES)[0])


@pytest.mark.parametrize("scale", ["linear", "log", "reverse_log"])
@given(quantile=quantiles)
def test_a_coordinate_is_the_quantile_that_a_value_was_drawn_at(scale: str, quantile: float) -> None:
    parameter = FloatParameter(0.01, 0.9, scale)  # type: ignore[arg-type] # words
    (value,) = parameter.at([quantile], RULES)
    assert parameter.coordinate(value) == pytest.approx(quantile, abs=1e-12)


def test_coordinates_reach_from_0_at_the_low_end_to_1_at_the_high_end() -> None:
    whole = IntParameter(1, 1000, "log")
    axes: list[FloatParameter | IntParameter] = [whole, FloatParameter(-3.0, 3.0), FloatParameter(0.9, 0.999)]
    assert [(one.coordinate(one.low), one.coordinate(one.high)) for one in axes] == [(0.0, 1.0)] * 3
    assert whole.coordinate(10) == pytest.approx(1 / 3)


def test_ordered_choices_lie_evenly_and_others_have_their_position_as_a_label() -> None:
    values = (8, 64, 128)
    assert [ChoiceParameter(values, ordered=True).coordinate(value) for value in values] == [0.0, 0.5, 1.0]
    assert [ChoiceParameter(values).coordinate(value) for value in values] == [0.0, 1.0, 2.0]
    assert ChoiceParameter(([64],), ordered=True).coordinate([64.0]) == 0.0


def test_a_point_is_admitted_if_all_constraints_hold_for_it_and_the_fixed_values() -> None:
    space = Space({"batch_size": IntParameter(1, 512)}, ("batch_size <= 4 * epochs", "batch_size > 2"))
    assert [space.admits({"batch_size": size}, {"epochs": 10}) for size in (2, 3, 40, 41)] == [False, True, True, False]
    assert space.admits({}, {"epochs": 10})


@pytest.mark.parametrize("kind", [FloatParameter, IntParameter])
def test_zero_or_log_is_exactly_0_in_its_share_of_draws_and_on_its_scale_in_all_others(
    kind: type[FloatParameter | IntParameter],
) -> None:
    parameter = kind(1, 999, "log", zero_probability=0.25)
    values = parameter.at(GRID, RULES)
    assert values.count(0) == 2_500
    assert all(1 <= value <= 999 for value in values if value)
    assert share(list(map(float, values)), 1, 10) == pytest.approx(0.25, abs=1e-3)
    assert values == sorted(values)


@given(zero=st.floats(0.0, 0.99), quantile=quantiles)
def test_the_coordinate_of_zero_or_log_leads_back_to_its_value(zero: float, quantile: float) -> None:
    parameter = FloatParameter(1e-5, 1.0, "log", zero_probability=zero)
    (value,) = parameter.at([quantile], RULES)
    (again,) = parameter.at([parameter.coordinate(value)], RULES)
    assert again == pytest.approx(value, rel=1e-9) or min(value, again) == 0.0 < zero == pytest.approx(quantile)


def test_a_symmetric_log_axis_is_as_dense_on_both_sides_of_0_and_gives_far_decades_the_same_share() -> None:
    values = FloatParameter(-1000.0, 1000.0, "symmetric_log", threshold=0.001).at(GRID, RULES)
    assert values == sorted(values)
    assert [-value for value in reversed(values)] == pytest.approx(values, abs=1e-9)
    decade = 0.5 / math.log10(1 + 1e6)
    for low, high in pairwise([1.0, 10.0, 100.0, 1000.1]):
        assert share(values, low, high) == pytest.approx(decade, abs=1e-3)
        assert share(values, -high, -low) == pytest.approx(decade, abs=1e-3)


@pytest.mark.parametrize("threshold", [1e-3, 1.0, 50.0])
@given(quantile=quantiles)
def test_a_coordinate_on_a_symmetric_log_axis_is_the_quantile_of_its_value(threshold: float, quantile: float) -> None:
    parameter = FloatParameter(-5.0, 100.0, "symmetric_log", threshold=threshold)
    (value,) = parameter.at([quantile], RULES)
    assert -5.0 <= value <= 100.0
    assert parameter.coordinate(value) == pytest.approx(quantile, abs=1e-9)


def test_whole_numbers_on_a_symmetric_log_axis_reach_both_ends_and_own_half_a_step_on_each_side() -> None:
    values = IntParameter(-4, 4, "symmetric_log", step=2).at([0.0, *GRID, BELOW_ONE], RULES)
    assert set(values) == {-4, -2, 0, 2, 4}
    whole = math.log10(1 + 5) * 2
    assert values.count(0) / len(values) == pytest.approx(2 * math.log10(1 + 1) / whole, abs=1e-3)
    assert values.count(4) == pytest.approx(values.count(-4), abs=2)


def test_decimals_on_a_symmetric_log_axis_are_steps_as_they_are_written() -> None:
    parameter = FloatParameter(-0.2, 0.3, "symmetric_log", step=0.1, threshold=0.1)
    assert set(parameter.at([0.0, *GRID, BELOW_ONE], RULES)) == {-0.2, -0.1, 0.0, 0.1, 0.2, 0.3}


@pytest.mark.parametrize(
    ("when", "there"),
    [
        ({"layers": {">=": 2}}, [False, True, True]),
        ({"any": [{"layers": [1]}, {"layers": {">": 2}}]}, [True, False, True]),
        ({"not": {"layers": [1, 3]}}, [False, True, False]),
        ({"all": [{"layers": {">=": 2}}, {"layers": {"<": 3}}]}, [False, True, False]),
        ({"layers": [1, 2]}, [True, True, False]),
    ],
)
def test_under_the_first_rules_a_condition_of_a_later_form_is_read_as_it_is_today(
    when: Conditions, there: list[bool]
) -> None:
    space = Space({"layers": IntParameter(1, 3), "units": IntParameter(4, 8, when=when)})
    for rules in (1, RULES):
        rows = [[(layers + 0.5) / 3, 0.5] for layers in range(3)]
        assert ["units" in found for found in space.points(rows, {}, rules)] == there


@pytest.mark.parametrize(
    "axis",
    [IntParameter(-9, 9, "symmetric_log", threshold=2.0), FloatParameter(-9, 9, "symmetric_log", 0.5, threshold=2.0)],
)
def test_under_the_first_rules_a_scale_of_later_is_read_as_it_is_today(axis: IntParameter | FloatParameter) -> None:
    assert axis.at(GRID, 1) == axis.at(GRID, RULES)
    assert min(axis.at(GRID, 1)) == -9
