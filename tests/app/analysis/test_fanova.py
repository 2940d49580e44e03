"""Tests of the analysis of variance, beside sums over a grid of points that look up each leaf."""

import tracemalloc
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from app.analysis.columns import MOST_GROUPS, Floats, groups_of
from app.analysis.evidence import Evidence
from app.analysis.fanova import explained
from app.analysis.importance import importance
from app.domain.space import ChoiceParameter, FloatParameter, Space
from tests.app.analysis.searches import UNIT, searched

KINDS = Space(
    {
        "kind": ChoiceParameter(("a", "b", "c")),
        "side": ChoiceParameter(("left", "right")),
        "x": FloatParameter(0.0, 1.0),
    }
)


def alone(evidence: Evidence) -> Mapping[str, float]:
    """Return the mean over the trees of what each parameter explains alone."""
    found = explained(evidence, evidence.costs, np.arange(len(evidence.costs)), np.random.default_rng(0))
    return {name: float(one.mean()) for name, one in found.alone.items()}


def variances(*lines: Floats) -> list[float]:
    """Return the shares in the variance of a sum of independent parts."""
    found = [float(np.var(line)) for line in lines]
    return [one / sum(found) for one in found]


def test_parts_of_a_sum_explain_their_variances() -> None:
    grid = np.linspace(0.0, 1.0, 1001)
    found = alone(searched(lambda point: 3.0 * point["a"] ** 2 + np.sin(5.0 * point["b"]), 1500))
    first, second = variances(3.0 * grid**2, np.sin(5.0 * grid))
    assert found["a"] == pytest.approx(first, abs=0.04)
    assert found["b"] == pytest.approx(second, abs=0.04)
    assert found["c"] < 0.01


def test_values_without_an_order_explain_the_variance_of_their_means() -> None:
    heights, sides = {"a": 0.0, "b": 3.0, "c": 1.0}, {"left": 0.0, "right": 1.0}
    found = alone(searched(lambda point: heights[point["kind"]] + sides[point["side"]] + point["x"], 1500, KINDS))
    expected = variances(np.array([0.0, 3.0, 1.0]), np.array([0.0, 1.0]), np.linspace(0.0, 1.0, 1001))
    assert [found[name] for name in KINDS] == pytest.approx(expected, abs=0.03)


def test_a_product_is_explained_by_its_pair_and_a_sum_is_not() -> None:
    def crossed(point: Mapping[str, Any]) -> float:
        return float((point["a"] - 0.5) * (point["b"] - 0.5))

    rng = np.random.default_rng(0)
    evidence = searched(crossed, 1000)
    found = explained(evidence, evidence.costs, np.arange(1000), rng).together
    assert found[frozenset("ab")] > 0.8
    assert found[frozenset("bc")] < 0.05
    plain = searched(lambda point: point["a"] + point["b"], 1000)
    assert max(explained(plain, plain.costs, np.arange(1000), rng).together.values()) < 0.02


def test_a_parameter_that_few_have_explains_little_and_what_its_absence_does_is_its_conditions() -> None:
    space = Space(
        {
            "kind": ChoiceParameter(("deep", "flat")),
            "x": FloatParameter(0.0, 1.0, when={"kind": ["deep"]}),
            "y": UNIT.parameters["a"],
        }
    )
    found = alone(searched(lambda point: 2.0 * (point["kind"] == "flat") + 0.5 * point["y"], 600, space))
    assert found["kind"] > 0.9
    assert found["x"] < 0.01


def test_the_rarest_of_many_values_are_one_and_values_that_were_not_drawn_are_none() -> None:
    assert groups_of(np.array([7.0, 2.0, 7.0, 4.0])).tolist() == [2, 0, 2, 1]
    places = np.array([5.0, 5.0, 0.0, 9.0, 9.0, 3.0, 1.0])
    assert groups_of(places, 3).tolist() == [0, 0, 2, 1, 1, 2, 2]
    assert groups_of(places[2:], 3).tolist() == [0, 1, 1, 2, 2]
    assert groups_of(np.arange(1000.0)).max() == MOST_GROUPS - 1


def test_a_value_that_is_never_drawn_changes_nothing() -> None:
    def cost(point: Mapping[str, Any]) -> float:
        return {"a": 0.0, "b": 3.0, "c": 1.0}[point["kind"]] + float(point["x"])

    weights = (1.0, 1.0, 1.0)
    listed = ChoiceParameter(("a", "b", "c", *map(str, range(500))), (*weights, *[0.0] * 500))
    drawn = ChoiceParameter(("a", "b", "c"), weights)
    found = [alone(searched(cost, 300, Space({**KINDS.parameters, "kind": one}))) for one in (listed, drawn)]
    assert found[0] == found[1]


def test_choices_of_a_thousand_values_take_bounded_memory() -> None:
    many = {name: ChoiceParameter(tuple(range(1000))) for name in ("a", "b", "c", "d")}
    many["sizes"] = ChoiceParameter(tuple(range(1000)), ordered=True)
    evidence = searched(lambda point: point["x"] + point["a"] % 7, 1000, Space({**many, "x": UNIT.parameters["a"]}))
    tracemalloc.start()
    try:
        found = importance(evidence).alone
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert {one.parameter for one in found} == {*many, "x"}
    assert most < 500 << 20
