"""Tests of what the trials of a search say: edges, effects, divergence, waste, gain, and the next space."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from app.analysis.divergence import divergence
from app.analysis.edges import edges
from app.analysis.effects import effects
from app.analysis.expected_gain import chances_of_best, expected_gain
from app.analysis.next_space import next_parameters, next_request
from app.analysis.waste import waste
from app.contract.rules import CURRENT_RULES
from app.domain.space import ChoiceParameter, FloatParameter, IntParameter, Parameter, Space
from app.domain.states import TrialState
from tests.app.analysis.searches import UNIT, searched
from tests.app.analysis.trials import trial

RATES = Space(
    {"rate": FloatParameter(1e-4, 1e-1, "log"), "units": IntParameter(4, 64, "log"), "c": UNIT.parameters["c"]}
)


def every(_: str, __: Parameter) -> bool:
    return True


def off(best: float) -> Any:
    """Return a cost that rises with the distance of the rate from the best one in decades."""
    return lambda point: abs(np.log10(point["rate"] / best)) + 0.05 * point["c"]


def test_an_optimum_beyond_a_range_is_at_its_edge_and_widens_it_on_its_scale() -> None:
    evidence = searched(off(1.0), 100, RATES)
    (found,) = edges(evidence, every)
    assert (found.parameter, found.side, found.bound, found.widen_to) == ("rate", "high", 0.1, 1.0)
    assert "upper end of rate" in found.detail
    changed = next_parameters(evidence, [found], ["units", "c"], every)
    rate = changed["rate"]
    assert isinstance(rate, FloatParameter)
    assert rate.low == pytest.approx(0.018, abs=0.015)
    assert (rate.high, rate.scale) == (1.0, "log")
    assert changed.keys() == {"rate"}


def test_a_bound_goes_no_further_than_is_allowed() -> None:
    evidence = searched(off(1.0), 100, RATES)

    def small(_: str, one: Parameter) -> bool:
        return isinstance(one, FloatParameter) and one.high <= 0.3

    (found,) = edges(evidence, small)
    assert found.widen_to == 0.18
    (at_its_end,) = edges(evidence, lambda _, __: False)
    assert at_its_end.widen_to is None
    assert "no value beyond it" in at_its_end.detail


def test_an_optimum_inside_has_no_edge_and_the_next_space_closes_in_on_it() -> None:
    evidence = searched(off(3e-3), 200, RATES)
    assert edges(evidence, every) == []
    rate = next_parameters(evidence, [], ["units", "c"], every)["rate"]
    assert isinstance(rate, FloatParameter)
    assert 3e-4 < rate.low < 3e-3 < rate.high < 3e-2


def test_whole_numbers_stay_whole_and_on_their_steps() -> None:
    space = Space({"units": IntParameter(0, 100, step=5), "c": UNIT.parameters["c"]})
    evidence = searched(lambda point: abs(point["units"] - 52), 200, space)
    units = next_parameters(evidence, [], ["c"], every)["units"]
    assert isinstance(units, IntParameter)
    assert (type(units.low), units.low % 5, units.high % 5) == (int, 0, 0)
    assert 20 <= units.low < 52 < units.high <= 80


def test_values_that_are_never_among_the_best_are_left_out_unless_a_condition_looks_at_them() -> None:
    kinds = ChoiceParameter(("good", "bad", "fair"), (1.0, 1.0, 2.0))
    plain = Space({"kind": kinds, "c": UNIT.parameters["c"]})
    evidence = searched(lambda point: point["kind"] == "bad", 200, plain)
    changed = next_parameters(evidence, [], ["c"], every)
    assert changed == {"kind": ChoiceParameter(("good", "fair"), (1.0, 2.0))}
    posted = {"kind": {"kind": "choice", "values": ["good", "bad", "fair"], "weights": [1, 1, 2]}}
    request = next_request({"dataset": "iris", "seed": 3}, posted, ["a < 1"], Space({"kind": kinds}), changed)
    assert request == {
        "dataset": "iris",
        "space": {"kind": {"kind": "choice", "values": ["good", "fair"], "weights": [1, 2]}},
        "constraints": ["a < 1"],
    }
    space = Space({"kind": kinds, "c": FloatParameter(0.0, 1.0, when={"kind": ["bad"]})})
    looked_at = searched(lambda point: point["kind"] == "bad", 200, space)
    assert "kind" not in next_parameters(looked_at, [], ["c"], every)


def test_of_a_choice_that_only_some_trials_have_values_that_are_never_good_are_left_out_too() -> None:
    kind = ChoiceParameter(("good", "bad", "fair"), when={"has": [True]})
    space = Space({"has": ChoiceParameter((True, False)), "kind": kind, "c": UNIT.parameters["c"]})
    evidence = searched(lambda point: point.get("kind") == "bad", 300, space)
    assert np.isnan(evidence.values["kind"]).any()
    changed = next_parameters(evidence, [], ["c"], every)
    assert changed == {"kind": replace(kind, values=("good", "fair"))}


def test_an_effect_follows_the_function_along_the_scale_of_its_parameter() -> None:
    found = {one.parameter: one for one in effects(searched(off(1e-2), 400, RATES), CURRENT_RULES)}
    rate = found["rate"]
    assert rate.grid[0] == pytest.approx(1e-4)
    means = [one for one in rate.mean if one is not None]
    assert rate.grid[int(np.argmin(means))] == pytest.approx(1e-2, rel=1.0)
    assert all(low <= mean <= high for low, mean, high in zip(rate.low, rate.mean, rate.high, strict=True) if mean)  # type: ignore[operator]
    flat = [one for one in found["units"].mean if one is not None]
    assert np.ptp(flat) < 0.3 * np.ptp(means)


def test_divergence_is_told_by_the_bounds_that_hold_where_it_happens() -> None:
    def lost(point: Mapping[str, Any]) -> float | None:
        return None if point["a"] > 0.7 and point["b"] < 0.4 else float(point["c"])

    found = divergence(searched(lost, 300))
    assert found is not None
    bounds = {one.parameter: one for one in found.bounds}
    assert bounds.keys() == {"a", "b"}
    assert bounds["a"].low == pytest.approx(0.7, abs=0.05)
    assert bounds["b"].high == pytest.approx(0.4, abs=0.05)
    assert found.inside == found.diverged >= found.all_diverged - 2
    assert found.detail.startswith("Training diverges where a is 0.7")


def test_divergence_anywhere_has_no_bounds_and_two_trials_have_no_region() -> None:
    rng = np.random.default_rng(5)
    anywhere = divergence(searched(lambda _: None if rng.random() < 0.1 else 1.0, 200))
    assert anywhere is not None
    assert list(anywhere.bounds) == []
    assert divergence(searched(lambda _: 1.0)) is None


def test_what_was_spent_counts_once_and_where_it_belongs() -> None:
    whole = replace(trial(0, 0.5), epochs=10, best_epoch=4, seconds=5.0, params={"x": 1})
    trials = [
        whole,
        replace(whole, number=1, state=TrialState.DIVERGED, params={"x": 2}),
        replace(whole, number=2, state=TrialState.PRUNED, epochs=2, seconds=1.0, params={"x": 3}),
        replace(whole, number=3),
        replace(whole, number=4, same_as=0),
    ]
    found = waste(trials)
    assert (found.all.trials, found.all.epochs, found.all.seconds) == (4, 32, 16.0)
    spent = [(one.trials, one.epochs) for one in (found.diverged, found.pruned, found.duplicates, found.after_best)]
    assert spent == [(1, 10), (1, 2), (1, 10), (1, 6)]
    assert waste(trials, 3).diverged.epochs == 30


def test_the_expected_best_of_some_is_the_mean_over_all_ways_to_draw_them() -> None:
    costs = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0])
    for drawn in (1, 2, 4, 6):
        oracle = np.mean([min(some) for some in combinations(costs.tolist(), drawn)])
        assert costs @ chances_of_best(6, drawn) == pytest.approx(oracle)


def test_the_gain_of_more_uniform_trials_is_about_what_they_bring() -> None:
    gains, brought = [], []
    for seed in range(200):
        costs = np.random.default_rng(seed).random(200)
        found = expected_gain(costs[:100], "minimize")
        assert found is not None
        gains.append(found.gain)
        brought.append(costs[:100].min() - costs.min())
        assert 0.0 <= found.gain <= found.last_doubling
    assert np.mean(gains) == pytest.approx(np.mean(brought), rel=0.4)


def test_no_gain_is_expected_where_nothing_can_be_better() -> None:
    perfect = np.concatenate([[0.0], np.linspace(0.3, 0.9, 59)])
    for found in (expected_gain(perfect, "minimize"), expected_gain(perfect - 1.0, "maximize")):
        assert found is not None
        assert (found.gain, found.at_most) == (0.0, 0.0)
    assert expected_gain(perfect[:19], "minimize") is None


def test_trials_without_a_value_count_as_the_worst_and_no_gain_is_told_of_few_values() -> None:
    costs = np.concatenate([np.linspace(0.1, 0.9, 40), np.full(20, np.inf)])
    found = expected_gain(costs, "minimize")
    assert found is not None
    assert (found.trials, found.more, found.best) == (60, 60, 0.1)
    assert 0.0 < found.gain <= found.at_most <= 0.1
