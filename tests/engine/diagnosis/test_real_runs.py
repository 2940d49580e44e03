"""Tests of training diagnoses on real runs: healthy ones have none at any epoch, sick ones have their own."""

import pytest

from engine.diagnosis import (
    DIVERGENCE,
    EXPLODING_GRADIENTS,
    PLATEAU,
    VANISHING_GRADIENTS,
    Curve,
    diagnose,
)
from tests.engine.diagnosis.runs import curves_of

SETS = ("digits", "breast_cancer", "wine", "iris", "diabetes")
HEALTHY = [("adam", 0.003), ("adam", 0.01), ("rmsprop", 0.003), ("momentum", 0.1), ("sgd", 0.1)]


def kinds(curve: Curve) -> list[str]:
    return [found.kind for found in diagnose(curve)]


def starts(curve: Curve) -> list[Curve]:
    """Return the curve as it was after each of its epochs."""
    return [Curve.of(curve.points[: epoch + 1], curve.guessing) for epoch in range(len(curve.points))]


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize(
    ("hidden", "activation"),
    [((), "relu"), ((64, 32), "relu"), ((32, 32, 32, 32), "leaky_relu"), ((32, 16), "tanh"), ((16,), "sigmoid")],
)
def test_a_healthy_run_has_no_diagnosis_at_any_epoch(name: str, hidden: tuple[int, ...], activation: str) -> None:
    for curve in curves_of(name, hidden, activation, HEALTHY, epochs=20):
        assert curve.end < 0.9 * curve.guessing
        assert [kinds(start) for start in starts(curve)] == [[]] * 20


@pytest.mark.parametrize("name", ["digits", "wine", "diabetes"])
@pytest.mark.parametrize("depth", [8, 12])
def test_the_gradient_vanishes_in_deep_sigmoid_networks(name: str, depth: int) -> None:
    rules = [("sgd", 0.1), ("sgd", 0.01), ("momentum", 0.01)]
    for curve in curves_of(name, (32,) * depth, "sigmoid", rules):
        vanishing, *more = diagnose(curve)
        assert (vanishing.kind, vanishing.layer) == (VANISHING_GRADIENTS, 1)
        assert f"that of layer {depth + 1}, the last" in vanishing.detail
        assert {one.kind for one in more} <= {PLATEAU}


@pytest.mark.parametrize("name", SETS)
def test_relu_of_the_same_depth_does_not_vanish(name: str) -> None:
    (curve,) = curves_of(name, (32,) * 8, "relu", [("adam", 0.001)])
    assert kinds(curve) == []


@pytest.mark.parametrize("name", SETS)
def test_steps_that_are_far_too_long_diverge(name: str) -> None:
    (curve,) = curves_of(name, (32, 32, 32, 32), "relu", [("sgd", 100.0)])
    found = {one.kind: one for one in diagnose(curve)}
    assert found.keys() <= {DIVERGENCE, EXPLODING_GRADIENTS}
    assert found[DIVERGENCE].epoch <= 12


def test_a_loss_that_jumps_about_above_guessing_diverges_although_it_stays_finite() -> None:
    for curve in curves_of("digits", (64, 32), "tanh", [("adam", 10.0), ("adam", 3.0)], epochs=20):
        assert curve.broken is None
        assert any(DIVERGENCE in kinds(start) for start in starts(curve))


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize(("hidden", "activation"), [((), "relu"), ((64, 32), "relu"), ((32,), "tanh")])
def test_steps_of_next_to_nothing_are_a_plateau_and_nothing_else(
    name: str, hidden: tuple[int, ...], activation: str
) -> None:
    for curve in curves_of(name, hidden, activation, [("adam", 1e-7), ("sgd", 1e-7)]):
        if curve.beats_guessing:  # by the luck of the draw
            continue
        assert kinds(curve) == [PLATEAU]


@pytest.mark.parametrize("name", ["digits", "iris", "wine"])
def test_a_run_that_has_learned_everything_is_no_plateau(name: str) -> None:
    (curve,) = curves_of(name, (64,), "relu", [("adam", 0.03)], epochs=60)
    assert curve.end < 0.05
    assert kinds(curve) == []
