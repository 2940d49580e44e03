"""Dropout by its statistics: how much stays, that draws have nothing to do with each other, and what test time sees."""

import itertools
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.arrays import Array, Signal, Workspace
from engine.layers.dropout import Dropout, Mask, Words
from engine.seeds import Purpose, Seed
from engine.spec import Knobs
from engine.training_set import TrainingSet
from tests.engine.stacks import member, random_dataset, train_alone, training_set

KEEP_PROBS = [0.05, 0.25, 0.5, 0.8, 0.9, 0.99]
EXAMPLES, WIDTH = 400, 250
DRAWN = EXAMPLES * WIDTH


def generator(number: int = 0, epoch: int = 0) -> np.random.Generator:
    """Return the generator of a member's dropout in an epoch."""
    return Seed(11, number).generator(Purpose.DROPOUT, epoch)


def words(*generators: np.random.Generator | None) -> Words:
    """Return the words of these members."""
    drawn = Words(len(generators))
    drawn.begin_epoch(generators)
    return drawn


def draw(keep_prob: float, drawn: Words, name: str = "hidden.0") -> Array:
    """Return the next mask of one member, (EXAMPLES, WIDTH)."""
    mask = Mask(np.array([keep_prob]), EXAMPLES, WIDTH, name, Workspace(np.float64))
    mask.draw(drawn)
    return mask.values[0, :, :-1].copy()


@pytest.mark.parametrize("keep_prob", KEEP_PROBS)
def test_the_share_that_stays_is_the_keep_probability(keep_prob: float) -> None:
    stays = draw(keep_prob, words(generator())) > 0
    sigma = math.sqrt(keep_prob * (1 - keep_prob))

    assert stays.mean() == pytest.approx(keep_prob, abs=4 * sigma / math.sqrt(DRAWN))
    # In no column and in no row more than chance explains: 5.5 sigma, as there are 650 of them.
    for axis, count in ((0, EXAMPLES), (1, WIDTH)):
        assert np.abs(stays.mean(axis=axis) - keep_prob).max() < 5.5 * sigma / math.sqrt(count)


@pytest.mark.parametrize("keep_prob", KEEP_PROBS)
def test_what_stays_is_scaled_by_exactly_one_over_the_keep_probability(keep_prob: float) -> None:
    assert set(np.unique(draw(keep_prob, words(generator())))) == {0.0, 1.0 / keep_prob}


@pytest.mark.parametrize("keep_prob", KEEP_PROBS)
def test_the_scale_keeps_the_expectation_of_what_passes(keep_prob: float) -> None:
    workspace, draws = Workspace(np.float64), 40
    inputs, outputs = (workspace.signal(name, 1, EXAMPLES, WIDTH, training=False) for name in ("inputs", "outputs"))
    inputs.features[...] = np.random.default_rng(1).standard_normal((1, EXAMPLES, WIDTH)) + 1.0
    mask, drawn, passed = Mask(np.array([keep_prob]), EXAMPLES, WIDTH, "hidden.0", workspace), words(generator()), 0.0
    layer = Dropout(inputs, outputs, mask.values)
    for _ in range(draws):
        mask.draw(drawn)
        layer.forward()
        passed += outputs.features.sum() / draws
    sigma = math.sqrt((1 - keep_prob) / keep_prob * (inputs.features**2).sum() / draws)

    assert passed == pytest.approx(inputs.features.sum(), abs=4 * sigma)


def pairs() -> dict[str, tuple[Array, Array]]:
    """Return pairs of masks that must have nothing to do with each other."""
    drawn = words(generator())
    first_step, next_layer, next_step = (draw(0.6, drawn) for _ in range(3))
    return {
        "members": (first_step, draw(0.6, words(generator(number=1)))),
        "epochs": (first_step, draw(0.6, words(generator(epoch=1)))),
        "layers": (first_step, next_layer),
        "steps": (first_step, next_step),
        # Four units share one random word of 64 bits.
        **{f"units {lag} apart": (first_step[:, lag:], first_step[:, :-lag]) for lag in range(1, 9)},
        "examples": (first_step[1:], first_step[:-1]),
    }


PAIRS = pairs()


@pytest.mark.parametrize(("one", "other"), PAIRS.values(), ids=PAIRS)
def test_masks_are_independent(one: Array, other: Array) -> None:
    correlation = np.corrcoef(one.reshape(-1), other.reshape(-1))[0, 1]

    assert abs(correlation) < 4 / math.sqrt(one.size)


def test_members_of_one_stack_each_draw_as_they_do_alone() -> None:
    keep_probs = [0.6, 1.0, 0.3]
    mask = Mask(np.array(keep_probs), EXAMPLES, WIDTH, "hidden.0", Workspace(np.float64))
    mask.draw(words(generator(0), None, generator(2)))

    for row in (0, 2):
        np.testing.assert_array_equal(mask.values[row, :, :-1], draw(keep_probs[row], words(generator(row))))


def test_a_member_that_keeps_everything_is_multiplied_with_exactly_one_among_those_that_drop() -> None:
    workspace = Workspace(np.float32)
    # What other members drew in the same memory before.
    Mask(np.array([0.5, 0.5]), EXAMPLES, WIDTH, "hidden.0", workspace).draw(words(generator(0), generator(1)))
    mask = Mask(np.array([1.0, 0.5]), EXAMPLES, WIDTH, "hidden.0", workspace)
    mask.draw(words(None, generator(1)))

    np.testing.assert_array_equal(mask.values[0], 1.0)
    assert (mask.values[1] == 0.0).any()


def test_the_column_of_ones_is_neither_dropped_nor_scaled() -> None:
    workspace = Workspace(np.float32)
    inputs, outputs = (workspace.signal(name, 2, EXAMPLES, WIDTH, training=True) for name in ("inputs", "outputs"))
    mask = Mask(np.array([0.1, 0.5]), EXAMPLES, WIDTH, "hidden.0", workspace)
    for _ in range(3):
        mask.draw(words(generator(0), generator(1)))
        Dropout(inputs, outputs, mask.values).forward()

        np.testing.assert_array_equal(outputs.values[..., -1], 1.0)


def test_the_gradient_passes_where_the_values_passed() -> None:
    workspace, rng = Workspace(np.float64), np.random.default_rng(2)
    inputs, outputs = (workspace.signal(name, 1, 5, 7, training=True) for name in ("inputs", "outputs"))
    gradient = rng.standard_normal(inputs.gradient.shape)
    inputs.gradient[...] = gradient
    mask = Mask(np.array([0.5]), 5, 7, "hidden.0", workspace)
    mask.draw(words(generator()))
    Dropout(inputs, Signal(outputs.values, inputs.gradient, 7), mask.values).backward()

    np.testing.assert_array_equal(inputs.gradient, gradient * mask.values)


DATA = training_set(random_dataset("multiclass", (60, 30, 20), 5), np.float64)
# No weight moves.
STILL: dict[str, Any] = {"optimizer": "sgd", "hidden": (20, 10), "batch": "full", "epochs": 6}


@pytest.mark.parametrize("dropping", [{"keep_prob": 0.5}, {"input_keep_prob": 0.5}])
def test_nothing_is_dropped_at_test_time(dropping: dict[str, float]) -> None:
    kept, _ = train_alone(DATA, member(DATA, knobs=Knobs(0.0), **STILL))
    dropped, _ = train_alone(DATA, member(DATA, knobs=Knobs(0.0, **dropping), **STILL))

    for one, other in zip(kept, dropped, strict=True):
        assert one.values["dev_loss"] == other.values["dev_loss"]
        assert one.values["dev_error"] == other.values["dev_error"]
        assert abs(one.values["train_loss"] - other.values["train_loss"]) > 1e-6


@pytest.mark.parametrize("dropping", [{"keep_prob": 0.5}, {"input_keep_prob": 0.5}])
def test_training_draws_other_masks_in_every_epoch(dropping: dict[str, float]) -> None:
    # All examples are one and the same, so that their order makes no difference.
    dataset = random_dataset("multiclass", (60, 30, 0), 5)
    same = replace(dataset, x_train=np.ones_like(dataset.x_train), y_train=np.zeros_like(dataset.y_train))
    data = TrainingSet.of(same, normalize_inputs=False, dtype=np.float64)
    curve, _ = train_alone(data, member(data, knobs=Knobs(0.0, **dropping), **STILL))
    losses = [seen.values["train_loss"] for seen in curve]

    assert all(abs(one - other) > 1e-6 for one, other in itertools.combinations(losses, 2))
