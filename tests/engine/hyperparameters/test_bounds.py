"""Tests of the bounds of knobs: what float32 cannot hold is refused, and what is not refused trains."""

from collections.abc import Mapping
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import train
from engine.hyperparameters import HYPERPARAMETERS, names_of
from engine.optimizers import OPTIMIZERS
from engine.spec import Knobs
from engine.subnormals import flushing
from tests.engine.stacks import member, random_dataset, train_alone, training_set

DATA = training_set(random_dataset("multiclass", (40, 20, 0), 4))
SMALLEST, BELOW_ONE, LARGEST = 2.0**-126, 1.0 - 2.0**-24, float(np.finfo(np.float32).max)


def test_every_knob_has_its_bounds_and_a_default_within_them() -> None:
    assert names_of("knob") == [entry.name for entry in fields(Knobs)]
    assert list(Knobs(0.001).faults()) == []


@pytest.mark.parametrize(
    ("name", "value", "rounded"),
    [
        *((name, 1e-46, 0) for name in ("learning_rate", "l1", "l2", "decay_rate", "decay_every", "clip_norm")),
        *((name, 1.0 - 1e-9, 1) for name in ("beta1", "beta2", "batch_norm_beta")),
        *((name, 1e39, "inf") for name in ("learning_rate", "l2", "decay_rate", "warmup_epochs")),
        ("beta1", 1e-60, 0),
        *((name, 1e-38, 0) for name in ("learning_rate", "beta2", "l2", "clip_norm")),
    ],
)
def test_a_knob_that_float32_rounds_away_is_refused_before_training(name: str, value: float, rounded: object) -> None:
    spec = member(DATA, knobs=replace(Knobs(0.001), **{name: value}))
    rule = f"{HYPERPARAMETERS[name].allowed.rule()} that float32, in which networks train, does not round to {rounded}"

    with pytest.raises(ValueError, match=r"^Member 1: ") as caught:
        train(DATA, [member(DATA), spec])
    assert str(caught.value) == f"Member 1: {name} is {value}, but it must be {rule}."


@pytest.mark.parametrize("epsilon", [0.0, 1e-46, 1e-22, 1e-19, 1.5, float("nan")])
def test_an_epsilon_that_cannot_keep_adam_from_leaping_is_refused(epsilon: float) -> None:
    (fault,) = Knobs(0.001, epsilon=epsilon).faults()

    assert fault == f"epsilon is {epsilon}, but it must be a number at least 1e-18 and at most 1."


EXTREMES: Mapping[str, tuple[float, ...]] = {
    "learning_rate": (SMALLEST, 1e-7),
    "beta1": (0.0, SMALLEST, BELOW_ONE),
    "beta2": (0.0, SMALLEST, BELOW_ONE),
    "epsilon": (1e-18, 1.0),
    "l1": (0.0, SMALLEST, 1.0),
    "l2": (0.0, SMALLEST, 1.0),
    "keep_prob": (0.3, 1.0 - 1e-9, 1.0),
    "input_keep_prob": (0.3, 1.0 - 1e-9, 1.0),
    "batch_norm_beta": (0.0, SMALLEST, BELOW_ONE),
    "decay_rate": (SMALLEST, 1.0),
    "decay_every": (SMALLEST, LARGEST),
    "warmup_epochs": (0.0, SMALLEST, LARGEST),
    "clip_norm": (0.0, SMALLEST, LARGEST),
}


@settings(max_examples=150, deadline=None)
@given(
    st.fixed_dictionaries({name: st.sampled_from(values) for name, values in EXTREMES.items()}),
    st.sampled_from(sorted(OPTIMIZERS)),
    st.sampled_from(["none", "inverse_time", "exponential", "inverse_sqrt", "staircase"]),
    st.booleans(),
)
def test_small_steps_with_the_most_extreme_knobs_that_are_accepted_stay_finite(
    knobs: Mapping[str, float], optimizer: str, decay: str, batch_norm: bool
) -> None:
    spec = member(DATA, optimizer=optimizer, knobs=Knobs(**knobs), batch_norm=batch_norm, decay=decay)

    assert list(spec.knobs.faults()) == []
    assert train_alone(DATA, spec)[1].state == "completed"


@pytest.mark.parametrize("rules", [2, 3])
@pytest.mark.parametrize("epsilon", [1e-18, 1e-15, 1e-8])
def test_the_first_step_of_adam_is_no_longer_than_its_learning_rate_whatever_the_gradient(
    epsilon: float, rules: int
) -> None:
    knobs = Knobs.columns([Knobs(1.0, epsilon=epsilon)])
    once = np.ones((1, 1))
    factors = [factor.astype(np.float32) for factor in OPTIMIZERS["adam"].factors(knobs, once, once)]
    g = np.float32(10.0) ** np.arange(-45, 19, dtype=np.float32)[np.newaxis]
    w, scratch, moments = np.zeros_like(g), np.empty_like(g), [np.zeros_like(g) for _ in range(2)]
    with flushing(rules):
        OPTIMIZERS["adam"].step(w, g, *moments, *factors, scratch)

    assert np.abs(w).max() <= 1.0 + 1e-6
