"""Tests of what is refused in a search space."""

import math
from collections.abc import Callable, Hashable

import pytest

from app.domain.conditions import Conditions
from app.domain.errors import MOST_FAULTS
from app.domain.space import ChoiceParameter, FloatParameter, IntParameter, Parameter, Space
from app.domain.space_faults import MOST_PARAMETERS, space_faults
from app.domain.values import Value, key

OPTIMIZER = ChoiceParameter(("sgd", "adam"))


def pointers(parameters: dict[str, Parameter], fixed: dict[str, Value] | None = None) -> list[str]:
    return [fault.pointer for fault in space_faults(parameters, fixed or {})]


def choice(when: Conditions) -> ChoiceParameter:
    return ChoiceParameter((1, 2), when=when)


@pytest.mark.parametrize(
    ("parameter", "place"),
    [
        (FloatParameter(1.0, 0.5), "low"),
        (FloatParameter(1.0, 1.0, "log"), "low"),
        (FloatParameter(0.0, 1.0, "log"), "low"),
        (FloatParameter(-4.0, 0.0, "log"), "low"),
        (FloatParameter(0.9, 1.0, "reverse_log"), "high"),
        (FloatParameter(0.0, 1.0, step=0.0), "step"),
        (FloatParameter(0.0, 1.0, step=-0.5), "step"),
        (FloatParameter(0.0, 1.0, step=1.5), "step"),
        (FloatParameter(0.0, 1.0, step=5e-324), "step"),
        (FloatParameter(-1e308, 1e308), "high"),
        (FloatParameter(0.0, 1.0, "symmetric_log", threshold=0.0), "threshold"),
        (FloatParameter(0.0, 1e300, "symmetric_log", threshold=1e-300), "threshold"),
        (FloatParameter(0.0, 1.0, threshold=0.5), "threshold"),
        (IntParameter(5, 5), "low"),
        (IntParameter(0, 5, "log"), "low"),
        (IntParameter(0, 5, step=6), "step"),
        (ChoiceParameter(()), "values"),
        (ChoiceParameter((1, 2, 1)), "values/2"),
        (ChoiceParameter(([64], [64])), "values/1"),
        (ChoiceParameter((1, 2), weights=(1.0,)), "weights"),
        (ChoiceParameter((1, 2), weights=(1.0, -1.0)), "weights/1"),
        (ChoiceParameter((1, 2), weights=(0.0, 0.0)), "weights"),
        (ChoiceParameter((1, 2), weights=(1e308, 1e308)), "weights"),
    ],
)
def test_a_parameter_that_cannot_be_drawn_is_refused_at_its_place(parameter: Parameter, place: str) -> None:
    assert pointers({"l2": parameter}) == [f"/space/l2/{place}"]


@pytest.mark.parametrize(
    "parameter",
    [
        FloatParameter(1e-4, 1.0, "log"),
        FloatParameter(-3.0, 0.999, "reverse_log"),
        FloatParameter(0.0, 1.0, step=1.0),
        FloatParameter(0.1, 0.3, step=0.2),  # in doubles, 0.3 - 0.1 is less than 0.2
        IntParameter(1, 2, "log", 1),
        ChoiceParameter((True, 1)),
        ChoiceParameter((1, 2), weights=(0.0, 1.0)),
    ],
)
def test_a_sound_parameter_has_no_fault(parameter: Parameter) -> None:
    assert pointers({"l2": parameter}) == []


def test_faults_name_the_value_the_rule_and_the_way_out() -> None:
    (fault,) = space_faults({"l2": FloatParameter(-4.0, 1.0, "log")}, {})
    assert "-4.0" in fault.detail
    assert "above 0" in fault.detail
    assert "Raise low" in fault.detail


def test_a_name_in_space_and_in_fixed_is_refused() -> None:
    assert pointers({"optimizer": OPTIMIZER}, {"optimizer": "adam"}) == ["/fixed/optimizer"]


def test_pointers_escape_names() -> None:
    assert pointers({"a/b~c": ChoiceParameter(())}) == ["/space/a~1b~0c/values"]


@pytest.mark.parametrize(
    ("when", "place"),
    [
        ({"optimiser": ["adam"]}, "optimiser"),
        ({"optimizer": []}, "optimizer"),
        ({"optimizer": ["adam", "adagrad"]}, "optimizer/1"),
        ({"activation": ["tanh"]}, "activation"),
        ({"l1": [0.5]}, "l1/0"),
        ({"batch_size": [3]}, "batch_size/0"),
        ({"batch_size": [4.5]}, "batch_size/0"),
        ({"batch_size": ["4"]}, "batch_size/0"),
        ({"batch_size": [True]}, "batch_size/0"),
        ({"keep_prob": [0.30000000000000004]}, "keep_prob/0"),
        ({"epochs": [True]}, "epochs"),
        ({"any": [{"optimizer": ["adam"]}, {"optimiser": ["adam"]}]}, "any/1/optimiser"),
        ({"not": {"all": [{"optimizer": ["adagrad"]}]}}, "not/all/0/optimizer/0"),
        ({"optimizer": {"<": 3}}, "optimizer/<"),
        ({"optimizer": {"==": "adagrad"}}, "optimizer/=="),
        ({"batch_size": {">": 8}}, "batch_size/>"),
        ({"batch_size": {"<": 2}}, "batch_size/<"),
        ({"batch_size": {"==": 3}}, "batch_size/=="),
        ({"l1": {"==": 0.5}}, "l1/=="),
        ({"keep_prob": {">": 0.7, "<": 0.9}}, "keep_prob/>"),
        ({"epochs": {"!=": 1}}, "epochs/!="),
        ({"activation": {">=": 1}}, "activation/>="),
    ],
)
def test_a_condition_that_can_never_hold_is_refused(when: Conditions, place: str) -> None:
    others: dict[str, Parameter] = {
        "optimizer": OPTIMIZER,
        "l1": FloatParameter(0.0, 1.0),
        "batch_size": IntParameter(2, 8, step=2),
        "keep_prob": FloatParameter(0.1, 0.75, step=0.1),
    }
    found = pointers({**others, "beta1": choice(when)}, {"activation": "relu", "epochs": 1})
    assert found == [f"/space/beta1/when/{place}"]


def test_sound_conditions_have_no_fault() -> None:
    parameters: dict[str, Parameter] = {
        "optimizer": OPTIMIZER,
        "batch_size": IntParameter(2, 8, step=2),
        "l1": FloatParameter(0.0, 1.0, step=0.25),
        "keep_prob": FloatParameter(0.1, 0.8, step=0.1),
        "l2": choice({"keep_prob": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]}),
        "beta1": choice({"optimizer": ["adam"], "batch_size": [4, 8.0], "l1": [0.5], "activation": ["relu"]}),
        "beta2": choice({"not": {"any": [{"batch_size": {">=": 8}}, {"l1": {"==": 0.75, ">": 0}}]}}),
        "epsilon": choice({"l1": {"!=": 0.1}, "activation": {"==": "relu"}, "optimizer": {"!=": "sgd"}}),
        "clip_norm": choice({"decay_rate": {"<=": 0}}),
        "decay_rate": FloatParameter(0.5, 1.0, "log", zero_probability=0.5),
    }
    assert pointers(parameters, {"activation": "relu"}) == []


def test_conditions_on_what_could_not_be_read_pass() -> None:
    parameters: dict[str, Parameter] = {"beta1": choice({"optimizer": ["adam"]})}
    assert space_faults(parameters, {}, {"optimizer"}) == []


def test_cycles_of_conditions_are_refused_for_each_that_is_on_one() -> None:
    parameters: dict[str, Parameter] = {
        "a": choice({"b": [1]}),
        "b": choice({"c": [1]}),
        "c": choice({"a": [1]}),
        "d": choice({"a": [1]}),
        "e": choice({"not": {"any": [{"e": {"<": 2}}]}}),
    }
    assert sorted(pointers(parameters)) == [f"/space/{name}/when" for name in "abce"]


def test_a_cycle_is_told_by_its_first_steps() -> None:
    def detail(parameters: dict[str, Parameter]) -> str:
        return space_faults(parameters, {})[0].detail

    assert "(a -> a)" in detail({"a": choice({"a": [1]})})
    assert "(a -> b -> a)" in detail({"a": choice({"b": [1]}), "b": choice({"a": [1]})})
    chain: dict[str, Parameter] = {f"p{n}": choice({f"p{(n + 1) % 4_000}": [1]}) for n in range(4_000)}
    assert "(p0 -> p1 -> ... -> p0)" in detail(chain)
    assert sum(fault.count for fault in space_faults(chain, {})) == 4_001  # and there are too many of them


@pytest.mark.parametrize(("count", "faults"), [(MOST_PARAMETERS, []), (MOST_PARAMETERS + 1, ["/space"])])
def test_a_space_has_256_parameters_at_most(count: int, faults: list[str]) -> None:
    assert pointers({f"p{n}": FloatParameter(0.0, 1.0) for n in range(count)}) == faults


def many_names(count: int) -> dict[str, Parameter]:
    return {f"p{n}": choice({f"q{n}": [1]}) for n in range(count)}


def many_conditions(count: int) -> dict[str, Parameter]:
    names = [f"p{n}" for n in range(math.isqrt(count))]
    return {name: choice({other: [1] for other in names[:n]}) for n, name in enumerate(names)}


@pytest.mark.parametrize(
    ("space", "keys_of_each"),
    [
        (lambda count: {"a": ChoiceParameter(tuple(range(count)))}, 1),
        (lambda count: {"a": ChoiceParameter(tuple(range(count - 1)) * 2)}, 2),
        (lambda count: {"a": ChoiceParameter((1,)), "b": choice({"a": list(range(count))})}, 1),
        (lambda count: {"a": ChoiceParameter(tuple(range(count))), "b": choice({"a": list(range(count))})}, 3),
        (many_names, 2),
        (many_conditions, 1),
    ],
)
def test_the_work_of_the_checks_grows_as_the_space_does(
    monkeypatch: pytest.MonkeyPatch, space: Callable[[int], dict[str, Parameter]], keys_of_each: int
) -> None:
    """Counted are the values that are looked at: each a fixed number of times, however many there are."""
    looked_at = 0

    def counting(value: Value) -> Hashable:
        nonlocal looked_at
        looked_at += 1
        return key(value)

    for module in ("space", "space_faults"):
        monkeypatch.setattr(f"app.domain.{module}.key", counting)
    count = 4_000
    found = space_faults(space(count), {})
    assert 0 < looked_at <= keys_of_each * count + 200
    assert len(found) <= MOST_FAULTS + 2  # one for the rest, and one for a space of too many parameters


def test_every_fault_is_reported_and_the_checks_never_draw_from_a_broken_space() -> None:
    parameters: dict[str, Parameter] = {
        "a": FloatParameter(0.0, 1.0, step=0.0),
        "b": choice({"a": [0.5], "z": [1]}),
    }
    assert pointers(parameters) == ["/space/a/step", "/space/b/when/z"]


def test_a_sound_space_can_be_drawn_from() -> None:
    parameters: dict[str, Parameter] = {"a": IntParameter(1, 3), "b": choice({"a": [3]})}
    assert pointers(parameters) == []
    assert Space(parameters).points([[0.9, 0.0]], {}, 2) == [{"a": 3, "b": 1}]


@pytest.mark.parametrize(
    ("parameter", "said"),
    [
        (FloatParameter(0.1, 1.0, "log", zero_probability=1.0), "from 0 to below 1"),
        (FloatParameter(0.1, 1.0, "log", zero_probability=-0.1), "from 0 to below 1"),
        (FloatParameter(0.1, 1.0, zero_probability=0.5), "only a log scale"),
        (IntParameter(1, 9, zero_probability=0.5), "only a log scale"),
    ],
)
def test_a_share_of_zeros_that_cannot_be_is_refused(parameter: Parameter, said: str) -> None:
    (fault,) = space_faults({"l2": parameter}, {})
    assert fault.pointer == "/space/l2/zero_probability"
    assert said in fault.detail


def test_a_condition_may_ask_for_the_zero_of_zero_or_log() -> None:
    l2 = FloatParameter(1e-5, 1.0, "log", zero_probability=0.5)
    assert space_faults({"l2": l2, "keep_prob": FloatParameter(0.5, 1.0, when={"l2": [0]})}, {}) == []
