"""Tests of the preview of a space."""

from dataclasses import replace
from datetime import UTC, datetime

from app.contract.rules import CURRENT_RULES
from app.domain.datasets import DatasetSummary
from app.domain.space import ChoiceParameter, FloatParameter, IntParameter, Parameter, Space
from app.domain.sweeps import Budget, SweepSpec
from app.planning.previews import POINTS, Structures, preview
from tests.app.planning.specs import search

IRIS = DatasetSummary("iris", "0" * 64, "multiclass", True, {}, 4, 3, {}, datetime(2026, 1, 1, tzinfo=UTC))


def spec(parameters: dict[str, Parameter], *constraints: str, sampler: str = "random") -> SweepSpec:
    space = Space(parameters, constraints)
    return replace(search(Budget(1)), space=space, rules=CURRENT_RULES, sampler={"kind": sampler})


def structures(asked: SweepSpec) -> Structures:
    found = preview(asked, IRIS).structures
    assert found is not None
    return found


def test_a_log_axis_is_shown_in_parts_that_are_equally_wide_on_its_scale() -> None:
    found = preview(spec({"learning_rate": FloatParameter(1e-4, 1.0, "log")}, sampler="sobol"), IRIS)
    bins = found.parameters["learning_rate"].bins
    assert (bins[0].low, bins[-1].high, len(bins)) == (1e-4, 1.0, 20)
    assert all(45 <= one.count <= 55 for one in bins)
    assert sum(one.count for one in bins) == found.points == POINTS


def test_zeros_choices_and_few_steps_are_counted_one_by_one() -> None:
    rate = FloatParameter(1e-4, 1.0, "log", zero_probability=0.25)
    found = preview(spec({"l2": rate, "epochs": IntParameter(1, 3), "optimizer": ChoiceParameter(("sgd",))}), IRIS)
    zero = found.parameters["l2"].bins[0]
    assert (zero.low, zero.high) == (0, 0)
    assert 200 < zero.count < 300
    assert [(one.low, one.high) for one in found.parameters["epochs"].bins] == [(1, 1), (2, 2), (3, 3)]
    assert [(one.low, one.count) for one in found.parameters["optimizer"].bins] == [("sgd", POINTS)]


def test_the_share_in_which_a_parameter_is_active_is_that_of_its_condition() -> None:
    beta = FloatParameter(0.5, 0.9, when={"optimizer": ["adam"]})
    found = preview(spec({"optimizer": ChoiceParameter(("sgd", "adam"), (3.0, 1.0)), "beta1": beta}), IRIS)
    assert abs(found.parameters["beta1"].active - 0.25) < 0.05
    assert sum(one.count for one in found.parameters["beta1"].bins) == found.parameters["beta1"].active * POINTS


def test_structures_are_what_stacks_and_their_shares_sum_to_one() -> None:
    parameters: dict[str, Parameter] = {"hidden_units": ChoiceParameter(([8], [64, 32]), (1.0, 3.0))}
    found = structures(spec({**parameters, "learning_rate": FloatParameter(0.1, 1.0)}))
    assert found.count == len(found.shares) == 2
    assert sum(found.shares) == 1.0
    assert found.shares[0] > 0.7
    assert structures(spec({"learning_rate": FloatParameter(0.1, 1.0)})).alike == 1.0


def test_the_largest_network_is_shown_with_its_weights_and_multiply_adds() -> None:
    size = preview(spec({"hidden_units": ChoiceParameter(([8], [5, 2]))}), IRIS).largest_network
    assert size is not None
    assert (size.hidden_units, size.weights, size.multiply_adds) == ([8], 4 * 8 + 8 + 8 * 3 + 3, 4 * 8 + 8 * 3)


def test_the_share_that_constraints_reject_is_shown_and_no_point_breaks_them() -> None:
    found = preview(spec({"batch_size": IntParameter(1, 100)}, "batch_size <= 25"), IRIS)
    assert abs(found.rejected - 0.75) < 0.05
    assert found.points == POINTS
    assert sum(one.count for one in found.parameters["batch_size"].bins[6:]) == 0


def test_the_same_seed_gives_the_same_preview() -> None:
    asked = spec({"learning_rate": FloatParameter(1e-4, 1.0, "log")})
    assert preview(asked, IRIS) == preview(asked, IRIS) != preview(replace(asked, seed=8), IRIS)
