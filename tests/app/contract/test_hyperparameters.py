"""Tests of the hyperparameters: ranges, defaults, and which trials share a stack."""

import json
import math

import pytest

from app.contract.hyperparameters import (
    HYPERPARAMETERS,
    MOST_WEIGHTS,
    class_weight_faults,
    cohort_key,
    complete,
    fixed_data_faults,
    network_faults,
    parameter_faults,
    plain,
    plain_parameter,
    value_faults,
)
from app.contract.rules import CURRENT_RULES
from app.domain.errors import Fault
from app.domain.space import ChoiceParameter, FloatParameter, IntParameter, Parameter
from app.domain.values import Value
from app.domain.values import key as value_key
from engine.layout import Layout

ABOVE_ZERO, BELOW_ONE = 2.0**-126, 1.0 - 2.0**-24  # in float32, in which networks train
ABOVE_ONE, BELOW_ZERO = math.nextafter(1.0, 2.0), math.nextafter(0.0, -1.0)

EDGES: dict[str, tuple[list[Value], list[Value]]] = {
    "hidden_units": (
        [[], [1], [16_384], [8] * 16],
        [[0], [16_385], [8] * 17, [8.0], [True], 8, "8", None, [[8]]],
    ),
    "activation": (["relu", "leaky_relu", "tanh", "sigmoid"], ["ReLU", "", None, 1]),
    "initializer": (["auto", "he", "xavier", "glorot"], ["zeros", None]),
    "optimizer": (["sgd", "momentum", "rmsprop", "adam"], ["lbfgs", True]),
    "learning_rate": ([ABOVE_ZERO, 1e9, 1], [0.0, 0, -1e-9, math.inf, math.nan, "0.1", True]),
    "beta1": ([0.0, 0, BELOW_ONE], [BELOW_ZERO, 1.0, 1]),
    "beta2": ([0.0, BELOW_ONE], [BELOW_ZERO, 1.0]),
    "epsilon": ([1e-18, 1.0], [0.0, 9e-19, ABOVE_ONE]),
    "batch_size": ([1, 10_000_000, "full"], [0, 10_000_001, "all", 32.0, True, None]),
    "epochs": ([1, 1_000_000], [0, 1_000_001, 10.0]),
    "l1": ([0.0, 1e9], [BELOW_ZERO, math.inf]),
    "l2": ([0.0, 1e9], [BELOW_ZERO, math.inf]),
    "keep_prob": ([0.01, 1.0, 1], [0.0, math.nextafter(0.01, 0.0), ABOVE_ONE, None]),
    "input_keep_prob": ([0.01, 1.0], [0, ABOVE_ONE]),
    "batch_norm": ([True, False], [0, "no", None]),
    "batch_norm_beta": ([0.0, BELOW_ONE], [BELOW_ZERO, 1.0]),
    "decay": (["none", "inverse_time", "exponential", "inverse_sqrt", "staircase"], ["cosine", None]),
    "decay_rate": ([ABOVE_ZERO, 7.0], [0.0, math.inf]),
    "decay_every": ([ABOVE_ZERO, 100], [0, -1.0]),
    "decay_by": (["epoch", "batch"], ["step", 1]),
    "warmup_epochs": ([0.0, 2.5], [BELOW_ZERO, "1"]),
    "clip_norm": ([0.0, 5.0], [BELOW_ZERO, None]),
    "augment": (
        [{}, {"flip": 1.0, "tilt": 180, "shift": 0.0, "zoom": BELOW_ONE, "elastic": 2.5, "elastic_sigma": 0.3}],
        [{"zoom": 1.0}, {"tilt": -1}, {"elastic_sigma": 0.0}, {"rotate": 3}, {"flip": None}, [], "flip", None],
    ),
    "class_weight": (
        ["none", "balanced", {}, {"yes": 9, "no": ABOVE_ZERO}],
        [{"yes": 0}, {"no": 1, "yes": -1.0}, {"yes": "9"}, {"yes": True}, "even", [1.0, 9.0], 2.0, None],
    ),
    "normalize_inputs": ([True, False], [0, 1, "true", None]),
}


def test_every_hyperparameter_has_its_edges_here() -> None:
    assert set(EDGES) == set(HYPERPARAMETERS)


@pytest.mark.parametrize("name", EDGES)
def test_values_just_inside_are_accepted_fixed_and_searched(name: str) -> None:
    inside, _ = EDGES[name]
    assert [value_faults(name, value, "/fixed") for value in inside] == [[]] * len(inside)
    assert parameter_faults(name, ChoiceParameter(tuple(inside)), "/space") == []


@pytest.mark.parametrize("name", EDGES)
def test_values_just_outside_are_each_refused_with_their_place_value_and_rule(name: str) -> None:
    _, outside = EDGES[name]
    rule = HYPERPARAMETERS[name].allowed.rule()
    for value in outside:
        detail = f"The value {json.dumps(value)} is not possible for {name}: it must be {rule}."
        assert value_faults(name, value, "/fixed/x") == [Fault("/fixed/x", detail)]
    faults = parameter_faults(name, ChoiceParameter(tuple(outside)), "/space/x")
    assert [fault.pointer for fault in faults] == [f"/space/x/values/{index}" for index in range(len(outside))]


LOST: dict[str, tuple[float, str]] = {
    **dict.fromkeys(("learning_rate", "decay_rate", "decay_every", "warmup_epochs", "clip_norm"), (1e-46, "0")),
    **dict.fromkeys(("l1", "l2"), (1e-50, "0")),
    **dict.fromkeys(("beta1", "beta2", "batch_norm_beta"), (1.0 - 1e-09, "1")),
}


@pytest.mark.parametrize("name", LOST)
def test_a_value_that_float32_rounds_away_is_refused_fixed_and_searched(name: str) -> None:
    value, rounded = LOST[name]
    rule = f"{HYPERPARAMETERS[name].allowed.rule()} that float32, in which networks train, does not round to {rounded}"
    detail = f"The value {value} is not possible for {name}: it must be {rule}."
    low, high = sorted([value, 0.5])
    (place,) = {"low": low, "high": high}.items() - {"low": 0.5, "high": 0.5}.items()
    assert value_faults(name, value, "/fixed/x") == [Fault("/fixed/x", detail)]
    assert parameter_faults(name, ChoiceParameter((0.5, value)), "/space/x") == [Fault("/space/x/values/1", detail)]
    assert parameter_faults(name, FloatParameter(low, high), "/space/x") == [Fault(f"/space/x/{place[0]}", detail)]


def test_both_bounds_of_a_range_are_checked() -> None:
    faults = parameter_faults("beta1", FloatParameter(-1.0, 1.0), "/space/beta1")
    assert [fault.pointer for fault in faults] == ["/space/beta1/low", "/space/beta1/high"]
    assert parameter_faults("epochs", IntParameter(1, 1_000_000), "/space/epochs") == []


@pytest.mark.parametrize(
    ("name", "parameter", "way"),
    [
        ("batch_size", FloatParameter(1.0, 9.0), 'Use kind "int" or "choice".'),
        ("epochs", FloatParameter(1.0, 9.0), 'Use kind "int" or "choice".'),
        ("hidden_units", IntParameter(1, 9), 'Use kind "choice".'),
        ("activation", FloatParameter(1.0, 9.0), 'Use kind "choice".'),
        ("normalize_inputs", IntParameter(0, 1), 'Use kind "choice".'),
    ],
)
def test_a_kind_that_cannot_search_a_hyperparameter_is_refused(name: str, parameter: Parameter, way: str) -> None:
    (fault,) = parameter_faults(name, parameter, f"/space/{name}")
    assert fault.pointer == f"/space/{name}/kind"
    assert fault.detail.endswith(way)


def test_a_number_may_be_searched_as_a_whole_number() -> None:
    assert parameter_faults("learning_rate", IntParameter(1, 3), "") == []


def test_unknown_names_get_a_close_match_or_the_whole_list() -> None:
    for faults in (
        value_faults("learnin_rate", 1, "/p"),
        parameter_faults("learnin_rate", IntParameter(1, 2), "/p"),
    ):
        detail = 'There is no hyperparameter "learnin_rate". Did you mean "learning_rate"?'
        assert faults == [Fault("/p", detail)]
    (fault,) = value_faults("zzz", 1, "/p")
    known = ", ".join(HYPERPARAMETERS)
    assert fault.detail.startswith(f'There is no hyperparameter "zzz". Known are {known}, hidden_layers, units')


@pytest.mark.parametrize(
    ("name", "value", "written"),
    [
        ("hidden_units", 64, [64]),
        ("hidden_units", 64.0, [64]),
        ("hidden_units", [64.0, 32], [64, 32]),
        ("hidden_units", [], []),
        ("hidden_units", True, True),
        ("hidden_units", "64", "64"),
        ("hidden_units", 0.5, [0.5]),
        ("batch_size", 32.0, 32),
        ("batch_size", "full", "full"),
        ("epochs", 20.0, 20),
        ("epochs", 20.5, 20.5),
        ("epochs", 1e300, 1e300),
        ("learning_rate", 1.0, 1.0),
        ("batch_norm", True, True),
        ("no_such_name", 20.0, 20.0),
    ],
)
def test_values_are_written_as_the_engine_writes_them(name: str, value: Value, written: Value) -> None:
    assert json.dumps(plain(name, value)) == json.dumps(written)


def test_a_parameter_is_written_with_its_conditions() -> None:
    conditions: dict[str, list[Value]] = {"hidden_units": [64, [32]], "epochs": [20.0]}
    parameter = plain_parameter("batch_size", ChoiceParameter((32.0, "full"), when=conditions))
    assert isinstance(parameter, ChoiceParameter)
    assert json.dumps(parameter.values) == json.dumps([32, "full"])
    assert json.dumps(parameter.when) == json.dumps({"hidden_units": [[64], [32]], "epochs": [20]})


def test_what_a_trial_draws_counts_more_than_what_its_sweep_fixes() -> None:
    whole = complete({"l1": 0.1, "l2": 0.1}, {"l2": 0.2})
    assert (whole["l1"], whole["l2"], whole["keep_prob"]) == (0.1, 0.2, 1.0)


def test_complete_fills_in_defaults_that_are_allowed_themselves() -> None:
    whole = complete({"l2": 0.5})
    assert whole == {name: 0.5 if name == "l2" else known.default for name, known in HYPERPARAMETERS.items()}
    assert all(HYPERPARAMETERS[name].allowed.accepts(value) for name, value in complete({}).items())


SHA = "0123456789abcdef" * 4


def key(sha256: str, params: dict[str, Value], rules: int = CURRENT_RULES) -> str:
    """The key of a trial with these hyperparameters and defaults for the others."""
    return cohort_key(sha256, complete(params), rules)


@pytest.mark.parametrize("name", HYPERPARAMETERS)
def test_the_key_of_a_stack_has_what_shapes_it_and_its_data_and_nothing_else(name: str) -> None:
    known = HYPERPARAMETERS[name]
    others = [value for value in EDGES[name][0] if value_key(value) != value_key(known.default)]
    changed = [key(SHA, {name: value}) != key(SHA, {}) for value in others]
    assert changed
    assert set(changed) == {known.role in ("structure", "data")}
    assert key(SHA, {"hidden_units": (64,)}) == key(SHA, {"hidden_units": [64]})


def test_trials_of_other_rules_never_share_a_stack_and_the_first_keep_the_keys_of_queued_runs() -> None:
    keys = [key(SHA, {}, rules) for rules in (1, 2, 3)]
    assert len(set(keys)) == 3
    assert keys[0] == f"{SHA[:16]}:64:relu:64:normalized"


def test_another_data_set_has_another_key_and_widths_are_not_mixed_up() -> None:
    keys = {key(SHA, {"hidden_units": widths}) for widths in ([1, 23], [12, 3], [123], [1, 2, 3])}
    assert len(keys | {key("f" * 64, {"hidden_units": [123]})}) == 5


def test_a_network_with_too_many_weights_is_refused_with_its_count() -> None:
    assert network_faults([4096, 4096], 64, 10, "/fixed/hidden_units") == []
    (fault,) = network_faults([16_384, 16_384], 64, 10, "/fixed/hidden_units")

    assert fault.pointer == "/fixed/hidden_units"
    assert f"{65 * 16_384 + 16_385 * 16_384 + 16_385 * 10:,} weights" in fault.detail
    assert "narrower" in fault.detail


def test_the_weights_of_a_network_are_those_that_the_engine_lays_out() -> None:
    """Of 64-32-10 there are 2,410, and 2,442 under batch norm: gammas and betas in place of biases."""
    for batch_norm, count in ((False, 2_410), (True, 2_442)):
        assert Layout.of((64, 32, 10), batch_norm=batch_norm).trained == count
    inputs = MOST_WEIGHTS // 16_384 - 2  # so many that the betas alone go over the limit
    assert network_faults([16_384], inputs, 1, "/x") == []
    (fault,) = network_faults([16_384], inputs, 1, "/x", batch_norm=True)
    assert f"{inputs * 16_384 + 2 * 16_384 + 16_385:,} weights" in fault.detail


def test_widths_that_are_none_are_left_to_the_check_of_their_range() -> None:
    assert network_faults("wide", 64, 10, "/x") == network_faults(None, 64, 10, "/x") == []


CLASSES: dict[str, object] = {"classes": ["setosa", "versicolor", "a/b"]}


def test_weights_of_classes_that_a_data_set_does_not_have_are_each_refused_with_the_one_that_was_meant() -> None:
    assert class_weight_faults({"setosa": 2, "a/b": 1}, CLASSES, "/x") == []
    assert class_weight_faults({"setoza": 2, "setosa": 1, "a/bc": 3}, CLASSES, "/fixed/class_weight") == [
        Fault("/fixed/class_weight/setoza", 'There is no class "setoza" in the target. Did you mean "setosa"?'),
        Fault("/fixed/class_weight/a~1bc", 'There is no class "a/bc" in the target. Did you mean "a/b"?'),
    ]


@pytest.mark.parametrize("weights", ["balanced", {}, {"setosa": 1}])
def test_a_target_of_numbers_has_no_classes_to_weigh(weights: Value) -> None:
    (fault,) = class_weight_faults(weights, {"classes": []}, "/x")

    assert fault == Fault("/x", "Only classes can be weighed, and the target is a number. Leave class_weight out.")


@pytest.mark.parametrize("weights", ["none", "even", {"setosa": 0}, 7])
def test_weights_that_are_none_are_left_to_the_check_of_their_range(weights: Value) -> None:
    assert class_weight_faults(weights, {"classes": []}, "/x") == []


def test_the_faults_of_fixed_values_on_a_data_set_are_told_together() -> None:
    card = {"classes": [], "columns": [{"name": "id", "double": True}]}
    faults = fixed_data_faults({"normalize_inputs": False, "class_weight": "balanced"}, card)

    assert [fault.pointer for fault in faults] == ["/fixed/normalize_inputs", "/fixed/class_weight"]
    assert [*fixed_data_faults({}, card)] == []
