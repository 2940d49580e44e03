"""Tests of the gradient check: every combination of parts passes it, and an error of one percent in any does not."""

import itertools
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.arrays import Array, Workspace
from engine.augmentation.settings import Augmentation
from engine.gradient_check import gradient_check
from engine.gradient_check.check import compare, verdict_of
from engine.gradient_check.cost import KINKED, PENALTY_OF_WEIGHT, Slopes, StackedCost
from engine.gradient_check.sample import sample, trained_blocks
from engine.gradient_check.trained import gradient, row_after
from engine.layers import ACTIVATIONS
from engine.layout import Layout
from engine.network import Network
from engine.population import Population
from engine.regularizers import PENALTIES
from engine.spec import Knobs, MemberSpec
from engine.training_set import TrainingSet
from tests.engine.stacks import member, random_dataset, tick, training_set

TASKS = ("binary", "multiclass", "regression")
DEPTHS: tuple[tuple[int, ...], ...] = ((), (6,), (6, 5), (6, 5, 4))
PENALTY_KNOBS: dict[str, dict[str, float]] = {
    "none": {},
    "l1": {"l1": 0.3},
    "l2": {"l2": 0.3},
    "both": {"l1": 0.2, "l2": 0.3},
}
COMBINATIONS = list(itertools.product(ACTIVATIONS, TASKS, DEPTHS, PENALTY_KNOBS, (False, True)))
DATA = {task: training_set(random_dataset(task, (40, 4, 0), 5), np.float64) for task in TASKS}


def spec_for(task: str, hidden: tuple[int, ...] = (6,), penalty: str = "none", **others: Any) -> MemberSpec:
    """Return a member whose start leaves no unit without a signal, so that the whole gradient can be compared."""
    knobs = Knobs(0.05, **PENALTY_KNOBS[penalty])
    return member(DATA[task], hidden=hidden, batch=24, knobs=knobs, **others)


class Compared:
    """The gradient of a member at its start and the slopes of its cost, to compare with errors planted."""

    def __init__(self, data: TrainingSet, spec: MemberSpec, row: Array | None = None) -> None:
        self.layout, start = Network(spec.structure).layout, row_after(data, spec, 0) if row is None else row
        batch = np.arange(24)
        self.gradient = gradient(data, spec, start, batch)
        self.slopes = StackedCost(data, spec, batch, np.arange(self.layout.trained)).slopes(start)

    def verdict(self, planted: Array) -> str:
        return verdict_of(compare(self.layout, planted, self.slopes)[0])


@pytest.mark.parametrize("steps", [0, 7])
@pytest.mark.parametrize(("activation", "task", "hidden", "penalty", "batch_norm"), COMBINATIONS)
def test_every_combination_is_right_at_the_start_and_after_training(
    activation: str, task: str, hidden: tuple[int, ...], penalty: str, batch_norm: bool, steps: int
) -> None:
    spec = spec_for(task, hidden, penalty, activation=activation, batch_norm=batch_norm)
    check = gradient_check(DATA[task], spec, steps)

    assert check.ratio < 1e-7
    assert (check.verdict, check.steps, check.examples) == ("great", steps, 24)
    assert check.checked + check.kinks == check.total
    assert check.kinks == 0


@pytest.mark.parametrize(("activation", "task", "hidden", "penalty", "batch_norm"), COMBINATIONS)
def test_an_error_of_one_percent_in_any_array_or_penalty_is_caught(
    activation: str, task: str, hidden: tuple[int, ...], penalty: str, batch_norm: bool
) -> None:
    spec = spec_for(task, hidden, penalty, activation=activation, batch_norm=batch_norm)
    compared = Compared(DATA[task], spec)
    assert compared.verdict(compared.gradient) == "great"
    for name, block in trained_blocks(compared.layout):
        planted = compared.gradient.copy()
        planted[block.columns] *= 1.01

        assert compared.verdict(planted) != "great", name
    for penalised in {"l1", "l2"} & PENALTY_KNOBS[penalty].keys():
        alone = Compared(DATA[task], spec_for(task, hidden, penalised, activation=activation, batch_norm=batch_norm))
        bare = Compared(DATA[task], spec_for(task, hidden, "none", activation=activation, batch_norm=batch_norm))
        planted = compared.gradient + 0.01 * (alone.gradient - bare.gradient)

        assert compared.verdict(planted) != "great", penalised


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_class_weights_are_part_of_the_cost_and_an_error_of_one_percent_in_one_is_caught(
    task: str, batch_norm: bool
) -> None:
    weights = dict(zip(DATA[task].classes, (0.3, 4.0, 1.0), strict=False))
    spec = spec_for(task, (6, 5), batch_norm=batch_norm, class_weight=weights)
    check, compared = gradient_check(DATA[task], spec, 7), Compared(DATA[task], spec)

    assert check.ratio < 1e-7
    assert compared.verdict(compared.gradient) == "great"
    for name, weight in weights.items():
        other = Compared(DATA[task], replace(spec, class_weight={**weights, name: 1.01 * weight}))

        assert compared.verdict(other.gradient) != "great"


def test_the_kinds_with_a_kink_are_those_whose_slope_jumps_at_zero() -> None:
    for name, activation in ACTIVATIONS.items():
        signal = Workspace(np.float64).signal("hidden.0", 1, 1, 3, training=True)
        signal.features[0, 0] = -1e-6, 0.0, 1e-6
        activation.bind(signal, Workspace(np.float64)).forward()
        left, right = np.diff(signal.features[0, 0]) / 1e-6

        assert (abs(left - right) > 1e-3) == (name in KINKED), name


def test_every_penalty_has_its_cost() -> None:
    assert PENALTY_OF_WEIGHT.keys() == PENALTIES.keys()


@pytest.mark.parametrize("activation", sorted(KINKED))
def test_units_at_their_kink_are_counted_and_left_out_and_errors_elsewhere_are_still_caught(activation: str) -> None:
    dataset = random_dataset("multiclass", (40, 4, 0), 5)
    dataset.x_train[3] = 0.0  # with the biases at 0, every hidden unit is at its kink for this example
    data = TrainingSet.of(dataset, normalize_inputs=False, dtype=np.float64)
    compared = Compared(data, spec_for("multiclass", activation=activation))
    blocks = dict(trained_blocks(compared.layout))

    np.testing.assert_array_equal(np.flatnonzero(compared.slopes.kinked), np.arange(*blocks["b1"].columns.indices(99)))
    apart = np.abs(compared.slopes.numeric - compared.gradient)
    assert apart[compared.slopes.kinked].min() > 1e-4
    assert compared.verdict(compared.gradient) == "great"
    planted = compared.gradient.copy()
    planted[blocks["W1"].columns] *= 1.01
    assert compared.verdict(planted) != "great"


def test_weights_at_the_kink_of_an_l1_penalty_are_left_out_and_no_others() -> None:
    spec = spec_for("binary", penalty="l1", activation="tanh")
    row = row_after(DATA["binary"], spec, 0)
    row[[2, 5, 9]] = 0.0, 1e-8, 1e-3
    for penalised, kinks in ((spec, [2, 5]), (spec_for("binary", activation="tanh"), [])):
        compared = Compared(DATA["binary"], penalised, row)

        assert np.flatnonzero(compared.slopes.kinked).tolist() == kinks
        assert compared.verdict(compared.gradient) == "great"


def test_a_kink_within_the_step_but_not_within_a_tenth_of_it_is_stepped_around() -> None:
    spec = spec_for("binary", penalty="l1", activation="tanh")
    row = row_after(DATA["binary"], spec, 0)
    row[2] = 1e-6
    compared = Compared(DATA["binary"], spec, row)

    assert not compared.slopes.kinked.any()
    assert compared.verdict(compared.gradient) == "great"


@pytest.mark.parametrize("batch", [15, 13])
@pytest.mark.parametrize("epochs", [1, 3])
def test_training_before_the_check_gives_the_bits_of_a_population(epochs: int, batch: int) -> None:
    data, knobs = DATA["multiclass"], Knobs(0.05, l2=0.1, clip_norm=0.5)
    spec = member(data, batch=batch, knobs=knobs, batch_norm=True, epochs=9, decay="exponential", decay_by="batch")
    population = Population(tick)
    population.join(data, [("m", spec)])
    for _ in range(epochs):
        population.train_epoch()
    trained = slice(0, Network(spec.structure).layout.trained)
    expected = population.checkpoint("m").rows["weights"][0, trained]

    # Three mini-batches make an epoch: of 15, 15 and 10, or of 13, 13 and 14.
    np.testing.assert_array_equal(row_after(data, spec, 3 * epochs)[trained], expected)
    assert not np.array_equal(row_after(data, spec, 3 * epochs - 1)[trained], expected)


def test_clipping_is_no_part_of_the_gradient_that_is_checked() -> None:
    free = spec_for("regression")
    clipped = replace(free, knobs=replace(free.knobs, clip_norm=1e-6))

    assert gradient_check(DATA["regression"], clipped) == gradient_check(DATA["regression"], free)


def test_training_lowers_the_cost_that_is_checked() -> None:
    start, later = (gradient_check(DATA["binary"], spec_for("binary"), steps) for steps in (0, 40))

    assert later.cost < 0.8 * start.cost


@pytest.mark.parametrize("name", ["keep_prob", "input_keep_prob"])
def test_dropout_is_refused_with_the_reason_and_the_way_out(name: str) -> None:
    knobs: Any = {name: 0.8}
    spec = member(DATA["binary"], knobs=Knobs(0.1, **knobs))

    with pytest.raises(ValueError, match=rf"with {name} 0.8: .* fresh mask .* Set {name} to 1\."):
        gradient_check(DATA["binary"], spec)


def test_augmentation_is_refused_with_the_reason_and_the_way_out() -> None:
    spec = replace(spec_for("binary"), augment=Augmentation(shift=1.0))

    with pytest.raises(ValueError, match=r"with augment: .* moved afresh .* Leave augment out\."):
        gradient_check(DATA["binary"], spec)


def test_data_of_single_precision_is_refused() -> None:
    data = training_set(random_dataset("binary", (40, 4, 0), 5))

    with pytest.raises(ValueError, match="float32, too coarse"):
        gradient_check(data, member(data))


def test_a_diverged_network_is_a_worry_and_its_worst_components_are_numbers() -> None:
    spec = replace(spec_for("regression", activation="relu"), optimizer="sgd", knobs=Knobs(1e200))
    check = gradient_check(DATA["regression"], spec, 20)

    assert not math.isfinite(check.cost)
    assert check.verdict == "worry"
    assert all(math.isfinite(component.difference) for component in check.worst)


def test_the_worst_components_are_named_as_in_model_files_and_come_first() -> None:
    spec = spec_for("multiclass", (6, 5), batch_norm=True)
    compared = Compared(DATA["multiclass"], spec)
    planted = compared.gradient.copy()
    blocks = dict(trained_blocks(compared.layout))
    places = {"gamma2": (3,), "W2": (4, 1), "b3": (2,), "W1": (0, 5), "beta1": (1,)}
    for number, (name, index) in enumerate(places.items()):
        planted[blocks[name].start + np.ravel_multi_index(index, blocks[name].shape)] += 0.5 - 0.05 * number
    ratio, worst = compare(compared.layout, planted, compared.slopes)

    assert [(one.parameter, one.index) for one in worst[:5]] == list(places.items())
    assert len(worst) == 10
    assert ratio > 0.1
    for one in worst[:5]:
        apart = abs(one.analytic - one.numeric)
        assert one.difference == pytest.approx(apart / (abs(one.analytic) + abs(one.numeric)))


def test_nothing_against_nothing_is_no_difference() -> None:
    layout = Layout.of((2, 1), batch_norm=False)
    slopes = Slopes(np.arange(3), np.zeros(3), np.zeros(3, np.bool_))

    assert compare(layout, np.zeros(3), slopes) == (0.0, ())


def test_a_check_that_could_compare_nothing_is_a_reason_to_worry() -> None:
    layout = Layout.of((2, 1), batch_norm=False)
    slopes = Slopes(np.arange(3), np.zeros(3), np.ones(3, np.bool_))

    assert verdict_of(compare(layout, np.zeros(3), slopes)[0]) == "worry"


def test_the_verdicts_lie_in_bands_without_a_gap() -> None:
    bands = {"great": (0.0, 1e-7, 9.9e-7), "look": (1e-6, 1e-5, 9.9e-5), "worry": (1e-4, 1e-3, 1.0, math.nan)}
    for verdict, ratios in bands.items():
        assert {verdict_of(ratio) for ratio in ratios} == {verdict}


def test_of_a_larger_network_a_sample_is_checked_that_the_seed_decides() -> None:
    spec = spec_for("multiclass", (30, 20))
    first, again = (gradient_check(DATA["multiclass"], spec, coordinates=100) for _ in range(2))
    other = gradient_check(DATA["multiclass"], replace(spec, seed=member(DATA["binary"], 1).seed), coordinates=100)

    assert first == again
    assert first.checked + first.kinks == 100
    assert first.total == 5 * 30 + 30 + 30 * 20 + 20 + 20 * 3 + 3
    assert other.worst != first.worst
    assert first.verdict == other.verdict == "great"


@given(
    st.lists(st.integers(1, 12), min_size=2, max_size=5),
    st.booleans(),
    st.integers(1, 400),
    st.integers(0, 2**32),
)
def test_a_sample_has_some_of_every_array_and_no_more_than_asked_for(
    widths: list[int], batch_norm: bool, most: int, seed: int
) -> None:
    layout = Layout.of(widths, batch_norm=batch_norm)
    blocks = [block for _, block in trained_blocks(layout)]
    chosen = sample(layout, most, np.random.default_rng(seed))

    assert np.array_equal(chosen, np.unique(chosen))
    assert chosen[-1] < layout.trained
    assert len(chosen) == min(max(most, len(blocks)), layout.trained)
    assert all(((block.start <= chosen) & (chosen < block.stop)).any() for block in blocks)
