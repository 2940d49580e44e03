"""Tests of the bridge to the gradient check: its bounds, and the network that it checks."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from app.domain.values import Value
from app.trainer.gradient_check import MOST_STEPS, check_gradients, fixed_faults, work_faults
from engine.gradient_check import gradient_check
from engine.seeds import Seed
from engine.spec import Knobs
from tests.engine.stacks import member, random_dataset, training_set

DATASET = random_dataset("multiclass", (300, 20, 20), 6)


def test_the_network_is_trial_0_of_a_sweep_with_that_seed_in_float64() -> None:
    fixed: dict[str, Value] = {
        "hidden_units": [7], "activation": "tanh", "batch_size": 32, "l2": 0.1, "learning_rate": 0.05, "epochs": 3,
    }  # fmt: skip  # one line
    data = training_set(DATASET, np.float64)
    spec = member(data, hidden=(7,), batch=32, knobs=Knobs(0.05, l2=0.1))
    checks = check_gradients(DATASET.to_bytes(), fixed, 7, 12)

    assert spec.seed == Seed(7, 0)
    assert checks == [gradient_check(data, spec, steps) for steps in (0, 12)]


@pytest.mark.parametrize("batch_size", ["full", 5_000])
def test_a_large_mini_batch_is_made_of_128_examples(batch_size: Any) -> None:
    (check,) = check_gradients(DATASET.to_bytes(), {"batch_size": batch_size, "hidden_units": [3]}, 0, 0)

    assert check.examples == 128


def test_of_many_inputs_every_second_example_is_read() -> None:
    wide = random_dataset("regression", (900, 9, 9), 9_000)
    thinned = replace(wide, x_train=wide.x_train[::2], y_train=wide.y_train[::2])
    fixed: dict[str, Value] = {"hidden_units": [1], "activation": "tanh"}
    (check,) = check_gradients(wide.to_bytes(), fixed, 0, 0)

    assert [check] == check_gradients(thinned.to_bytes(), fixed, 0, 0)
    assert check.verdict == "great"
    assert check.checked < check.total == 9_000 + 1 + 2


def test_networks_within_the_bounds_are_admitted_and_those_beyond_are_not() -> None:
    def pointers(steps: int, **fixed: Value) -> list[str]:
        return [fault.pointer for fault in work_faults(fixed, steps, 20, 3)]

    assert pointers(MOST_STEPS, hidden_units=[64]) == []
    assert pointers(10, hidden_units=[1_000], batch_norm=True) == []
    assert pointers(10, hidden_units=[1_001]) == ["/fixed/hidden_units"]
    assert pointers(10, hidden_units=[62] * 16, batch_size="full", batch_norm=True) == []
    assert pointers(10, hidden_units=[62] * 17) == []  # too many layers is a fault of its own
    assert pointers(10, hidden_units=[290, 319]) == []
    assert pointers(10, hidden_units=[290, 320]) == ["/fixed/hidden_units"]


def test_the_number_of_steps_that_is_said_to_be_possible_is() -> None:
    fixed: dict[str, Value] = {"hidden_units": [300, 300], "batch_size": 100}
    (fault,) = work_faults(fixed, 1_000, 20, 3)
    most = int(fault.detail.split("at most ")[1].split()[0])

    assert fault.pointer == "/steps"
    assert list(work_faults(fixed, most, 20, 3)) == []
    assert list(work_faults(fixed, most + 1, 20, 3)) != []


@pytest.mark.parametrize("fixed", [{"hidden_units": "x"}, {"batch_size": 0}, {"batch_norm": 3}])
def test_values_that_are_none_are_left_to_other_checks(fixed: dict[str, Value]) -> None:
    assert list(work_faults(fixed, 1_000, 90_000, 3)) == []
    assert [fault.pointer for fault in fixed_faults(fixed)] == [f"/fixed/{name}" for name in fixed]
