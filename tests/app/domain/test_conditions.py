"""Tests of conditions: what they hold for, where they look, and how they are written anew."""

import operator
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.conditions import COMPARISONS, Conditions, names, parse, rewritten
from app.domain.space import ChoiceParameter, FloatParameter, IntParameter, Space
from app.domain.values import Value


def same(left: Any, right: Any) -> bool:
    """Return whether two values are the same, where true is not 1."""
    return bool(left == right) and isinstance(left, bool) is isinstance(right, bool)


OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": same,
    "!=": lambda left, right: not same(left, right),
}
NAMES = st.sampled_from("abcd")
NUMBERS = st.integers(-2, 2) | st.sampled_from([-1.5, 0.5])
PARTS = st.dictionaries(
    NAMES,
    st.lists(NUMBERS, max_size=3) | st.dictionaries(st.sampled_from(COMPARISONS), NUMBERS, min_size=1, max_size=2),
    max_size=2,
)
TREES: st.SearchStrategy[Conditions] = st.recursive(
    PARTS,
    lambda trees: (
        st.fixed_dictionaries(
            {}, optional={"all": st.lists(trees, max_size=3), "any": st.lists(trees, max_size=3), "not": trees}
        )
        | PARTS
    ),
    max_leaves=8,
)


def judged(when: Any, values: Mapping[str, Any]) -> bool:
    """Return what a condition comes to, word by word as the documents say it."""
    found = []
    for name, said in when.items():
        if name == "not":
            found.append(not judged(said, values))
        elif name in {"all", "any"}:
            found.append({"all": all, "any": any}[name]([judged(one, values) for one in said]))
        elif isinstance(said, dict):
            found += [name in values and OPERATORS[sign](values[name], value) for sign, value in said.items()]
        else:
            found.append(name in values and any(same(values[name], one) for one in said))
    return all(found)


@given(TREES, st.dictionaries(NAMES, NUMBERS))
def test_a_condition_holds_as_its_words_say(when: Conditions, values: dict[str, Value]) -> None:
    assert parse(when).holds(values) is judged(when, values)


@given(TREES)
def test_a_condition_looks_at_the_names_in_it_and_is_written_anew_with_the_same_ones(when: Conditions) -> None:
    assert set(names(when)) <= set("abcd")
    assert rewritten(when, lambda _, value: value) == when
    seen = list[str]()

    def notice(name: str, value: Value) -> Value:
        seen.append(name)
        return value

    rewritten(when, notice)
    assert set(seen) <= set(names(when))


def test_values_are_written_anew_wherever_they_stand() -> None:
    when: Conditions = {"any": [{"a": [1, 2]}, {"not": {"b": {"<": 3}}}], "a": [4]}
    tens = rewritten(when, lambda name, value: f"{name}{value}")
    assert tens == {"any": [{"a": ["a1", "a2"]}, {"not": {"b": {"<": "b3"}}}], "a": ["a4"]}


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ({"a": {"<": 1}}, False),
        ({"not": {"a": {"<": 1}}}, True),
        ({"a": {"!=": "full"}}, False),
        ({"a": {"==": "adam"}}, True),
        ({"flag": {"==": 1}}, False),
        ({"flag": {">": 0}}, False),
        ({"flag": [True]}, True),
        ({"any": [{"gone": [1]}, {"a": ["adam"]}]}, True),
        ({"gone": {"!=": 1}}, False),
        ({"not": {"gone": {"==": 1}}}, True),
    ],
)
def test_words_have_no_order_true_is_no_number_and_what_is_left_out_meets_nothing(
    when: Conditions, holds: bool
) -> None:
    assert parse(when).holds({"a": "adam" if "full" not in str(when) else "full", "flag": True}) is holds


def test_a_tree_leaves_a_parameter_out_of_the_points_where_it_does_not_hold() -> None:
    space = Space(
        {
            "units": IntParameter(1, 4),
            "optimizer": ChoiceParameter(("sgd", "adam")),
            "beta1": FloatParameter(0.0, 1.0, when={"any": [{"units": {">=": 3}}, {"not": {"optimizer": ["sgd"]}}]}),
            "beta2": FloatParameter(0.0, 1.0, when={"beta1": {"<": 0.5}}),
        }
    )
    grid = [
        (units / 4, optimizer / 2, beta1, 0.0) for units in range(4) for optimizer in (0, 1) for beta1 in (0.2, 0.7)
    ]
    points = space.points(grid, {}, 3)
    for point in points:
        assert ("beta1" in point) is (int(str(point["units"])) >= 3 or point["optimizer"] == "adam")
        assert ("beta2" in point) is (point.get("beta1") == 0.2)
    assert sum("beta1" in point for point in points) == 12
