"""Tests of importance on functions whose order of parameters is known."""

from collections.abc import Mapping
from typing import Any
from zlib import crc32

import numpy as np
import pytest

from app.analysis.importance import Ranking, importance
from app.domain.conditions import Conditions
from app.domain.space import ChoiceParameter, FloatParameter, Space
from tests.app.analysis.searches import UNIT, searched


def additive(point: Mapping[str, Any]) -> float:
    return float(10.0 * (point["a"] - 0.3) ** 2 + 2.0 * (point["b"] - 0.6) ** 2)


@pytest.mark.parametrize("seed", range(3))
def test_the_parameter_that_moves_an_additive_function_most_is_the_most_important(seed: int) -> None:
    ranking = importance(searched(additive, 300, seed=seed))
    found = ranking.alone
    assert [one.parameter for one in found[:2]] == ["a", "b"]
    assert sum(one.share for one in found) == pytest.approx(1.0)
    assert all(0.0 <= one.low <= one.share <= one.high <= 1.0 for one in found)
    assert found[0].low > 0.4
    assert "c" in ranking.irrelevant or found[2].share < 0.1
    assert found[0].matters


def test_sixty_trials_tell_a_learning_rate_that_is_good_in_the_middle_of_its_range_from_chance() -> None:
    told = 0
    for seed in range(10):
        noise = np.random.default_rng(seed)
        evidence = searched(lambda point, n=noise: (abs(point["a"] - 0.5) > 0.2) + n.random(), 60, seed=seed)  # type: ignore[misc]
        found = importance(evidence).alone
        told += found[0].parameter == "a" and found[0].matters
    assert told >= 9


def test_where_nothing_matters_hardly_anything_is_told_from_chance() -> None:
    told = sum(
        one.matters
        for seed in range(20)
        for one in importance(searched(lambda point: crc32(repr(point).encode()), 100, seed=seed)).alone
    )
    assert told <= 9  # 3 of 60 are expected


def test_a_choice_and_a_parameter_that_only_some_have_are_measured_too() -> None:
    deep: Conditions = {"kind": ["deep"]}
    space = Space({"kind": ChoiceParameter(("deep", "flat")), "x": FloatParameter(0.0, 1.0, when=deep)})
    found = importance(searched(lambda point: point.get("x", 0.5) + (point["kind"] == "flat"), 200, space)).alone
    assert {one.parameter: one.matters for one in found} == {"kind": True, "x": True}


def test_the_same_trials_have_the_same_importance_and_few_have_none() -> None:
    assert importance(searched(additive)) == importance(searched(additive))
    assert importance(searched(additive, 19)) == Ranking([], [])


def test_two_parameters_that_matter_together_are_a_pair_and_independent_ones_are_none() -> None:
    def together(point: Mapping[str, Any]) -> float:
        return float((point["a"] > 0.5) != (point["b"] > 0.5)) + 0.01 * float(point["c"])

    evidence = searched(together, 400)
    (strongest, *_) = importance(evidence).pairs
    assert strongest.parameters in (["a", "b"], ["b", "a"])
    assert strongest.share > 0.3
    assert importance(searched(lambda point: point["a"], 400)).pairs == []


def test_all_parameters_have_a_share_even_one_that_never_moves() -> None:
    space = Space({**UNIT.parameters, "still": ChoiceParameter((7,))})
    found = {one.parameter: one for one in importance(searched(additive, 100, space)).alone}
    assert found["still"].share == 0.0
    assert not found["still"].matters


def test_costs_near_the_largest_double_and_trials_that_diverged_have_an_importance_too() -> None:
    def cost(point: Mapping[str, Any]) -> float | None:
        return None if point["a"] > 0.9 else 1e308 if point["a"] > 0.6 else float(point["b"])

    found = importance(searched(cost, 200)).alone
    assert found[0].parameter == "a"
    assert found[0].share > 0.9


def test_where_all_trials_come_to_the_same_no_parameter_has_a_share() -> None:
    found = importance(searched(lambda _: 0.5, 60)).alone
    assert {one.share for one in found} == {0.0}
