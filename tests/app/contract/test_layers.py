"""Tests of layers by count: which widths they come to, when a width is inactive, and what is refused."""

from itertools import product, zip_longest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contract.hyperparameters import cohort_key, complete
from app.contract.layers import LAYERS, conditioned, layer_faults, widest, widths_of
from app.contract.rules import CURRENT_RULES
from app.domain.condition_faults import condition_faults
from app.domain.space import ChoiceParameter, FloatParameter, IntParameter, Parameter, Space
from app.domain.values import Value
from app.samplers.streams import uniform
from app.surrogates.axes import BELOW_1

COUNT, UNITS = IntParameter(0, 3), IntParameter(4, 64, "log")
TWO = ChoiceParameter((7, 9))


def points(parameters: dict[str, Parameter], fixed: dict[str, Value] | None = None, count: int = 400) -> list[Value]:
    space = Space(conditioned(parameters, fixed or {}))
    return list(space.points(uniform(3, list(space), range(count)).tolist(), fixed or {}, CURRENT_RULES))


@pytest.mark.parametrize(
    ("params", "widths"),
    [
        ({}, None),
        ({"hidden_units": [3]}, None),
        ({"hidden_layers": 0, "units": 8}, []),
        ({"hidden_layers": 3}, [64, 64, 64]),
        ({"hidden_layers": 2, "units": 8}, [8, 8]),
        ({"units": 8}, [8]),
        ({"hidden_layers": 3, "units": 8, "units_2": 5}, [8, 5, 8]),
        ({"hidden_layers": 2, "units_1": 3, "units_2": 5, "units_3": 7}, [3, 5]),
        ({"hidden_layers": 16, "units_16": 1, "units": 2}, [2] * 15 + [1]),
    ],
)
def test_a_count_and_units_are_the_widths_of_a_network(params: dict[str, Value], widths: list[Value] | None) -> None:
    assert widths_of(params) == widths
    assert complete(params)["hidden_units"] == (params.get("hidden_units", (64,)) if widths is None else widths)
    assert LAYERS.keys().isdisjoint(complete(params))


def test_trials_of_one_shape_stack_however_it_was_said() -> None:
    counted, listed = ({"hidden_layers": 2, "units": 8}, {"hidden_units": [8, 8]})
    assert cohort_key("ab", complete(counted), 3) == cohort_key("ab", complete(listed), 3)


def test_a_width_is_active_only_where_its_layer_is_there() -> None:
    found = points({"units_2": TWO, "units": UNITS, "hidden_layers": COUNT})
    counts = set()
    for point in found:
        assert isinstance(point, dict)
        count, widths = point["hidden_layers"], widths_of(point)
        assert widths is not None
        assert len(widths) == count
        assert ("units" in point) is (count >= 1)
        assert ("units_2" in point) is (count >= 2)
        assert all(width == point["units_2" if layer == 1 else "units"] for layer, width in enumerate(widths))
        counts.add(count)
    assert counts == {0, 1, 2, 3}


def test_the_shared_width_is_inactive_where_all_layers_have_their_own() -> None:
    found = points({"hidden_layers": COUNT, "units": UNITS, "units_1": TWO, "units_2": TWO})
    assert {(point["hidden_layers"], "units" in point) for point in found if isinstance(point, dict)} == {
        (0, False),
        (1, False),
        (2, False),
        (3, True),
    }


def test_a_width_keeps_the_condition_that_it_has_and_the_shared_one_stands_in_for_it() -> None:
    own = IntParameter(4, 5, when={"activation": ["relu"]})
    activation = ChoiceParameter(("relu", "tanh"))
    found = points({"hidden_layers": COUNT, "units": UNITS, "units_1": own, "activation": activation})
    for point in found:
        assert isinstance(point, dict)
        there = point["hidden_layers"] != 0
        assert ("units_1" in point) is (there and point["activation"] == "relu")
        assert ("units" in point) is there


def test_where_no_number_of_layers_is_drawn_the_width_of_the_one_layer_is_active() -> None:
    count = IntParameter(0, 2, when={"optimizer": ["adam"]})
    optimizer = ChoiceParameter(("adam", "sgd"))
    space: dict[str, Parameter] = {"hidden_layers": count, "optimizer": optimizer, "units": UNITS, "units_2": UNITS}
    seen = set()
    for point in points(space):
        assert isinstance(point, dict)
        widths = widths_of(point)
        assert widths is not None
        assert (len(widths) > 0, len(widths) > 1) == ("units" in point, "units_2" in point)
        seen.add((point["optimizer"], len(widths)))
    assert seen == {("adam", 0), ("adam", 1), ("adam", 2), ("sgd", 1)}
    assert conditioned(conditioned(space, {}), {}) == conditioned(space, {})


def test_conditions_are_added_once_and_none_where_the_layer_is_always_there() -> None:
    space: dict[str, Parameter] = {"hidden_layers": IntParameter(1, 3), "units_1": UNITS, "units_2": UNITS}
    once = conditioned(space, {})
    assert once["units_1"] is UNITS
    assert once["units_2"].when == {"hidden_layers": {">=": 2}}
    assert conditioned(once, {}) == once
    own = conditioned({**space, "units_3": IntParameter(4, 8, when={"units_1": {">": 4}})}, {})
    assert own["units_3"].when == {"all": [{"hidden_layers": {">=": 3}}, {"units_1": {">": 4}}]}
    assert conditioned(own, {}) == own
    fixed: dict[str, Parameter] = {"units_1": UNITS, "units_2": UNITS}
    assert conditioned(fixed, {"hidden_layers": 2}) == fixed


@pytest.mark.parametrize(
    ("parameters", "fixed", "places"),
    [
        ({"units": UNITS}, {}, []),
        ({"units": UNITS}, {"hidden_layers": 2}, []),
        ({"hidden_layers": COUNT, "units": UNITS, "units_3": UNITS}, {}, []),
        ({"hidden_layers": COUNT, "units": UNITS}, {"units_1": 8}, []),
        ({"hidden_layers": COUNT}, {"hidden_units": [3]}, ["/fixed/hidden_units"]),
        ({"hidden_units": ChoiceParameter(([3], [4])), "units": UNITS}, {}, ["/space/hidden_units"]),
        ({"hidden_layers": COUNT, "units_4": UNITS}, {}, ["/space/units_4"]),
        ({"hidden_layers": IntParameter(1, 4, step=2)}, {"units_4": 8}, ["/fixed/units_4"]),
        ({"units_2": UNITS}, {}, ["/space/units_2"]),
        ({"units": UNITS}, {"hidden_layers": 0}, ["/space/units"]),
        ({"hidden_layers": COUNT, "units": UNITS}, {"units_1": 8, "units_2": 8, "units_3": 8}, ["/space/units"]),
        ({"hidden_layers": COUNT, "units": UNITS, **{f"units_{n}": UNITS for n in (1, 2, 3)}}, {}, ["/space/units"]),
        ({"hidden_layers": FloatParameter(1.0, 2.5), "units_9": UNITS}, {}, []),
        ({"hidden_layers": IntParameter(1, 4, step=0), "units_2": UNITS}, {}, []),
        ({"hidden_layers": ChoiceParameter(("two",)), "units_9": UNITS}, {}, []),
    ],
)
def test_what_is_said_twice_or_never_used_is_refused(
    parameters: dict[str, Parameter], fixed: dict[str, Value], places: list[str]
) -> None:
    whole = conditioned(parameters, fixed)
    assert [fault.pointer for fault in layer_faults(whole, fixed)] == places
    assert [fault.pointer for fault in condition_faults(whole, fixed, ())] == []


def test_a_count_that_looks_at_a_width_is_a_cycle() -> None:
    count = IntParameter(1, 3, when={"units_2": {">": 3}})
    whole = conditioned({"hidden_layers": count, "units_2": UNITS}, {})
    assert sorted(fault.pointer for fault in condition_faults(whole, {}, ())) == [
        "/space/hidden_layers/when",
        "/space/units_2/when",
    ]


COUNTS = st.sampled_from([IntParameter(0, 2), IntParameter(2, 3), ChoiceParameter((1, 4)), None])
WIDTHS = st.dictionaries(
    st.sampled_from(["units", "units_1", "units_2", "units_3", "units_4"]),
    st.sampled_from([UNITS, TWO, IntParameter(70, 80), IntParameter(1, 2, when={"activation": ["relu"]})]),
)


@given(COUNTS, WIDTHS)
def test_no_trial_is_larger_than_the_largest_network_and_every_layer_of_it_is_met(
    count: Parameter | None, widths: dict[str, Parameter]
) -> None:
    activation: dict[str, Parameter] = {"activation": ChoiceParameter(("relu", "tanh"))}
    parameters = {**activation, **({"hidden_layers": count} if count else {}), **widths}
    found = widest(conditioned(parameters, {}), {})
    if found is None:
        assert (count, widths) == (None, {})
        return
    bound, place = found
    assert place == ("/space/hidden_layers" if count else f"/space/{min(widths)}")
    space = Space(conditioned(parameters, {}))
    corners = space.points([*product([0.0, BELOW_1], repeat=len(space))], {}, CURRENT_RULES)
    shapes = [widths_of(corner) for corner in corners]
    drawn = [[64] if widths is None else widths for widths in shapes]  # where all are inactive, the default
    assert bound == [max(int(str(one)) for one in column) for column in zip_longest(*drawn, fillvalue=0)]
