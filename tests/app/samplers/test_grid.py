"""The sampler grid: which points it has, and how many are too many."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import product

import pytest

from app.contract.rules import CURRENT_RULES
from app.domain.space import ChoiceParameter, FloatParameter, IntParameter, Space
from app.domain.values import Value
from app.samplers import Ask
from app.samplers.grid import GridSampler


def points(
    space: Space, resolution: int | Mapping[str, Value] = 4, fixed: Mapping[str, Value] | None = None
) -> list[dict[str, Value]]:
    """Return all points of the grid."""
    ask = Ask(space, (), 7, CURRENT_RULES, fixed or {}, {"kind": "grid", "resolution": resolution})
    rows = GridSampler().propose(replace(ask, numbers=range(GridSampler().points(ask))))
    return space.points(rows.tolist(), ask.fixed, ask.rules)


def details(space: Space, posted: Mapping[str, Value]) -> list[str]:
    return [fault.detail for fault in GridSampler().faults({"kind": "grid", **posted}, space, {})]


def test_it_has_every_combination_once_with_both_ends_of_each_number() -> None:
    space = Space(
        {
            "x": FloatParameter(1.0, 100.0, "log"),
            "batch_size": IntParameter(2, 10, step=2),
            "optimizer": ChoiceParameter(("momentum", "adam")),
        }
    )
    found = [(round(float(str(one["x"])), 9), one["batch_size"], one["optimizer"]) for one in points(space, 3)]
    assert len(found) == 18
    assert set(found) == set(product((1.0, 10.0, 100.0), (2, 6, 10), ("momentum", "adam")))


def test_where_steps_are_fewer_than_the_resolution_each_comes_once() -> None:
    assert sorted(int(str(one["k"])) for one in points(Space({"k": IntParameter(1, 3)}), 50)) == [1, 2, 3]


def test_zero_is_a_value_beside_those_of_the_axis_and_a_choice_of_weight_0_is_none() -> None:
    space = Space({"l2": FloatParameter(1e-3, 1e-1, "log", zero_probability=0.3)})
    assert sorted(float(str(one["l2"])) for one in points(space, 3)) == pytest.approx([0.0, 1e-3, 1e-2, 1e-1])
    weighted = Space({"c": ChoiceParameter(("x", "y", "z"), (1.0, 0.0, 2.0))})
    assert sorted(str(one["c"]) for one in points(weighted)) == ["x", "z"]


def test_inactive_parameters_make_no_further_points() -> None:
    space = Space(
        {
            "optimizer": ChoiceParameter(("momentum", "adam")),
            "momentum": FloatParameter(0.5, 0.9, when={"optimizer": ["momentum"]}),
        }
    )
    found = points(space, 5)
    assert len(found) == 6
    assert found.count({"optimizer": "adam"}) == 1


def test_points_that_the_constraints_refuse_are_left_out() -> None:
    space = Space({"a": IntParameter(1, 3), "b": IntParameter(1, 3)}, constraints=["a <= b"])
    found = sorted((int(str(one["a"])), int(str(one["b"]))) for one in points(space, 3))
    assert found == [(1, 1), (1, 2), (1, 3), (2, 2), (2, 3), (3, 3)]


def test_where_the_constraints_refuse_the_whole_grid_it_has_no_points() -> None:
    space = Space({"a": FloatParameter(0.0, 1.0), "b": FloatParameter(0.0, 1.0)}, constraints=["a <= 0.9", "b >= 0.1"])
    narrow = replace(space, constraints=["a <= 0.9", "a >= 0.1"])
    assert len(points(space, 2)) == 1
    assert points(narrow, 2) == []


def test_a_resolution_by_name_is_that_of_one_number_and_the_others_have_four() -> None:
    space = Space({"a": FloatParameter(0.0, 1.0), "b": IntParameter(1, 9), "c": ChoiceParameter((1, 2))})
    found = points(space, {"a": 7})
    assert [len({str(one[name]) for one in found}) for name in "abc"] == [7, 4, 2]
    assert len(found) == 7 * 4 * 2
    assert len(points(space, {})) == 4 * 4 * 2


def test_each_wrong_resolution_by_name_is_a_fault_at_its_place() -> None:
    space = Space({"rate": FloatParameter(0.0, 1.0), "b": IntParameter(1, 9), "c": ChoiceParameter((1, 2))})
    asked: Mapping[str, Value] = {"kind": "grid", "resolution": {"rat": 3, "c": 2, "b": 1, "rate": 5.0}}
    faults = list(GridSampler().faults(asked, space, {}))
    assert [fault.pointer for fault in faults] == [f"/sampler/resolution/{name}" for name in ("rat", "c", "b")]
    assert faults[0].detail.endswith('is no parameter of the space. Did you mean "rate"?')
    assert "has all of its values" in faults[1].detail
    assert faults[2].detail == 'The resolution of "b" cannot be 1; it must be a whole number from 2 to 1,000.'


def test_the_seed_changes_the_order_alone() -> None:
    ask = Ask(Space({"k": IntParameter(1, 40)}), range(40), 7, CURRENT_RULES, options={"resolution": 40})
    one, other = GridSampler().propose(ask)[:, 0], GridSampler().propose(replace(ask, seed=8))[:, 0]
    assert one.tolist() != other.tolist()
    assert one.tolist() != sorted(one)
    assert sorted(one) == sorted(other)


def test_more_than_a_hundred_thousand_combinations_are_a_fault_with_the_count() -> None:
    space = Space({name: FloatParameter(0.0, 1.0) for name in "abcde"})
    assert not details(space, {"resolution": 10})
    assert details(space, {"resolution": 11})[0].startswith(
        "With this resolution the grid has 161,051 combinations of the values of 5 parameters, but at most 100,000 are "
    )


def test_a_count_of_combinations_that_no_one_can_read_is_not_written_out() -> None:
    space = Space({f"p{number}": FloatParameter(0.0, 1.0) for number in range(200)})
    assert "more than 1,000,000,000,000,000 combinations" in details(space, {"resolution": 1000})[0]


def test_steps_that_are_few_and_choices_count_with_what_they_have() -> None:
    few = {name: IntParameter(1, 3) for name in "abcdefghij"}
    assert not details(Space(few), {"resolution": 1000})
    assert details(Space({**few, "k": ChoiceParameter((1, 2))}), {"resolution": 1000})


@pytest.mark.parametrize(
    "parameter",
    [
        FloatParameter(1.0, 0.0),
        FloatParameter(0.0, float("inf")),
        FloatParameter(-1.0, 1.0, "log"),
        FloatParameter(0.0, 1.0, step=0.0),
        IntParameter(1, 9, step=-1),
        ChoiceParameter(()),
        ChoiceParameter(("a", "b"), (0.0,)),
    ],
)
def test_a_faulty_space_is_told_elsewhere(
    parameter: FloatParameter | IntParameter | ChoiceParameter,
) -> None:
    assert not details(Space({"x": parameter, "y": FloatParameter(0.0, 1.0)}), {"resolution": 1000})
    assert len(details(Space({"x": parameter}), {"resolution": 1})) == 1
