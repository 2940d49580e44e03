"""Tests of the detectors on made-up curves: where each begins, and what it says."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.class_weights import ClassWeight, class_weights
from engine.diagnosis import (
    DETECTORS,
    DIVERGENCE,
    EXPLODING_GRADIENTS,
    PLATEAU,
    VANISHING_GRADIENTS,
    Curve,
    Diagnosis,
    Point,
    diagnose,
    loss_of_guessing,
    weighed_guessing,
)

NORMS = (0.5, 1.0)


def curve(losses: Sequence[float], norms: Sequence[Sequence[float]] = (NORMS,), guessing: float = 1.0) -> Curve:
    """Return a curve; the last of the norms is that of all further epochs."""
    points = [Point(n, loss, norms[min(n, len(norms)) - 1]) for n, loss in enumerate(losses, 1)]
    return Curve.of(points, guessing)


def only(curve: Curve) -> Diagnosis:
    (found,) = diagnose(curve)
    return found


def test_the_smoothed_loss_is_the_corrected_average_of_the_logarithms() -> None:
    losses, average = [4.0, 1.0, 0.25, 2.0], 0.0
    for epoch, loss in enumerate(losses, 1):
        average = 0.7 * average + 0.3 * math.log(loss)
        assert curve(losses).smoothed[epoch - 1] == pytest.approx(math.exp(average / (1 - 0.7**epoch)), rel=1e-12)


def test_a_first_epoch_that_blew_up_is_forgotten() -> None:
    assert only(curve([1e30, *[1.0] * 11])).kind == PLATEAU
    assert diagnose(curve([1e30, *[0.1] * 11])) == []


def test_a_loss_of_zero_is_fine() -> None:
    assert diagnose(curve([1.0, 0.1, *[0.0] * 8])) == []


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_is_divergence_from_the_first_epoch_on(loss: float) -> None:
    found = only(curve([1.0, 0.5, loss, loss]))
    assert (found.kind, found.epoch, found.layer) == (DIVERGENCE, 3, None)
    assert "no finite number any more in epoch 3" in found.detail
    assert only(curve([loss])).epoch == 1


def test_a_loss_that_rose_and_stays_up_is_divergence() -> None:
    found = only(curve([0.9, 0.8, 1.0, 2.0, 3.0, 5.0, 4.0, 6.0]))
    assert (found.kind, found.epoch) == (DIVERGENCE, 8)
    assert "rose to 6 in the last 5 epochs, was 0.8 at best, and guessing has 1" in found.detail


@pytest.mark.parametrize(
    "losses",
    [
        [9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0],  # still on its way down
        [0.1, 0.1, 0.1, 0.3, 0.3, 0.3, 0.3, 0.3],  # worse than before, but it knows something
        [0.9, 0.5, 40.0, 0.4, 0.3, 0.2, 0.2, 0.1, 0.1],  # one jump that healed
    ],
)
def test_other_rises_and_high_losses_are_no_divergence(losses: list[float]) -> None:
    assert diagnose(curve(losses)) == []


def test_a_loss_that_never_left_that_of_guessing_is_a_plateau() -> None:
    found = only(curve([1.02, 1.01, *[1.0] * 6]))
    assert (found.kind, found.epoch, found.layer) == (PLATEAU, 8, None)
    assert "began with 1.02 and fell by 0." in found.detail
    assert "guessing has 1: the network has learned next to nothing" in found.detail


def test_a_loss_that_stands_still_far_above_guessing_where_it_began_is_a_plateau() -> None:
    assert only(curve([7.0] * 8)).kind == PLATEAU


@pytest.mark.parametrize(
    "losses",
    [
        [1.0, 0.5, *[0.45] * 20],  # converged, as far as noise allows
        [1.0, *[0.88] * 20],  # a hard target, of which it knows a little
        [0.02] * 20,  # converged within the first epoch
        [50.0, *[7.0] * 30],  # in units of somebody else
        [1.0] * 5,  # too short to tell
    ],
)
def test_other_flat_curves_are_no_plateau(losses: list[float]) -> None:
    assert diagnose(curve(losses)) == []


def test_a_first_layer_without_gradient_is_named() -> None:
    found = only(curve([0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65], [(2e-4, 0.01, 1.0)]))
    assert (found.kind, found.epoch, found.layer) == (VANISHING_GRADIENTS, 7, 1)
    assert "The gradient of layer 1 is 0.0002 times that of layer 3, the last (median of 5 epochs)" in found.detail


@pytest.mark.parametrize(
    ("norms", "losses"),
    [
        ((2e-3, 1.0), [0.7] * 8),  # small, but it arrives
        ((1e-9, 1.0), [0.3] * 8),  # it has learned all the same
        ((1e-9,), [0.7] * 8),  # a single layer is first and last
        ((0.0, 0.0), [0.7] * 8),  # nothing flows anywhere
        ((), [0.7] * 8),  # nobody measured
        ((1e-9, 1.0), [9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0]),  # still on its way down
    ],
)
def test_other_small_gradients_are_not_vanishing(norms: tuple[float, ...], losses: list[float]) -> None:
    assert diagnose(curve(losses, [norms])) == []


def test_one_epoch_of_small_gradients_is_noise() -> None:
    assert diagnose(curve([0.7] * 8, [*[NORMS] * 6, (1e-9, 1.0), NORMS])) == []


@pytest.mark.parametrize("norm", [math.inf, math.nan])
def test_a_gradient_that_is_not_finite_is_exploding(norm: float) -> None:
    found = only(curve([1.0, 0.9, 0.8], [NORMS, (0.5, norm), (norm, norm)]))
    assert (found.kind, found.epoch, found.layer) == (EXPLODING_GRADIENTS, 2, 2)


def test_gradients_that_grow_while_the_loss_does_not_fall_are_exploding() -> None:
    norms = [(0.5, 1.0), (2.0, 1.0), *[(900.0, 150.0)] * 6]
    found = {one.kind: one for one in diagnose(curve([1.0, 1.1, *[2.2] * 6], norms))}
    assert found.keys() == {DIVERGENCE, EXPLODING_GRADIENTS}
    exploding = found[EXPLODING_GRADIENTS]
    assert (exploding.epoch, exploding.layer) == (8, 1)
    assert "grew from 1 in epoch 1 to 9e+02" in exploding.detail


def test_epochs_without_norms_are_passed_over() -> None:
    norms: list[tuple[float, ...]] = [(), (1.0,), *[(900.0,)] * 5, ()]
    assert EXPLODING_GRADIENTS in {one.kind for one in diagnose(curve([1.0, 1.1, *[2.2] * 6], norms))}


@pytest.mark.parametrize(
    ("losses", "end"),
    [
        ([1.0, 1.0, 0.9, 0.7, 0.5, 0.4, 0.3, 0.2], 900.0),  # leaving a flat start
        ([1.0, 1.1, *[2.2] * 6], 90.0),  # grown, but no more than noise may
    ],
)
def test_other_growth_is_not_exploding(losses: list[float], end: float) -> None:
    found = diagnose(curve(losses, [(0.5, 1.0), (2.0, 1.0), *[(end, 1.0)] * 6]))
    assert EXPLODING_GRADIENTS not in {one.kind for one in found}


losses = st.floats(0.0, 1e30) | st.sampled_from([math.nan, math.inf])
norms = st.lists(st.floats(0.0, 1e30) | st.sampled_from([math.nan, math.inf]), max_size=3)


@given(points=st.lists(st.tuples(losses, norms), max_size=12), gap=st.integers(0, 100))
def test_any_curve_is_read_without_an_error_or_a_warning(points: list[tuple[float, list[float]]], gap: int) -> None:
    whole = Curve.of([Point(n + gap * (n > 1), *point) for n, point in enumerate(points, 1)], 0.7)
    found = diagnose(whole)
    assert {one.kind for one in found} <= DETECTORS.keys()
    assert len(points) > 5 or {one.kind for one in found} <= {DIVERGENCE, EXPLODING_GRADIENTS}
    assert all(one.epoch in {point.epoch for point in whole.points} and one.detail.endswith(".") for one in found)


def test_the_loss_of_guessing_is_the_least_that_a_constant_answer_can_have() -> None:
    target = np.random.default_rng(0).normal(5.0, 3.0, 1000)
    standard = (target - target.mean()) / target.std()
    assert loss_of_guessing("regression", 0) == pytest.approx(float((standard**2 / 2).mean()))
    assert loss_of_guessing("binary", 1) == pytest.approx(-math.log(1 / 2))
    assert loss_of_guessing("multiclass", 10) == pytest.approx(-math.log(1 / 10))


@pytest.mark.parametrize("said", ["balanced", {"b": 7.0, "c": 0.5}])
def test_the_loss_of_guessing_under_class_weights_is_the_least_of_any_constant_answer(said: ClassWeight) -> None:
    classes, counts = ("a", "b", "c"), np.array([90, 9, 1])
    weights = np.array(class_weights(said, classes, counts.tolist()))
    answers = np.random.default_rng(0).dirichlet(weights * counts, 20_000)
    losses = -(np.log(answers) @ (weights * counts)) / 100
    found = weighed_guessing(said, classes, counts.tolist())

    assert found <= losses.min() == pytest.approx(found, rel=1e-3)
    assert (found == pytest.approx(math.log(3))) == (said == "balanced")


def test_a_class_without_examples_changes_nothing_of_the_loss_of_guessing() -> None:
    assert weighed_guessing("balanced", ("a", "b", "c"), (5, 0, 1)) == pytest.approx(math.log(2))
    assert weighed_guessing({"b": 9.0}, ("a", "b"), (5, 0)) == 0.0
