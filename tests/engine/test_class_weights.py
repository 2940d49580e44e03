"""What the examples of each class count: the weights, the losses under them, and members that have some."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import standalone
from engine.arrays import Array, Workspace
from engine.class_weights import ClassWeight, class_weights
from engine.losses import LOSSES, BoundLoss
from engine.population import Population
from engine.prediction import predict
from engine.training_set import TrainingSet
from tests.engine.stacks import member, random_dataset, tick, train, train_alone, training_set

WEIGHTS = st.sampled_from([0.25, 1.0, 1.7, 30.0])
DATA = {
    "multiclass": training_set(random_dataset("multiclass", (61, 23, 17), 5)),
    "binary": training_set(random_dataset("binary", (61, 23, 17), 5)),
}
SOME: dict[str, ClassWeight] = {"multiclass": {"0": 0.5, "2": 2.25}, "binary": {"1": 3.0, "0": 0.5}}


@given(st.lists(st.integers(0, 40), min_size=1, max_size=6).filter(any))
def test_balanced_weights_are_those_of_scikit_learn(counts: list[int]) -> None:
    utils = pytest.importorskip("sklearn.utils.class_weight", reason="scikit-learn is not installed")
    labels = np.repeat(np.arange(len(counts)), counts)
    present = np.unique(labels)
    found = class_weights("balanced", [str(label) for label in range(len(counts))], counts)

    expected = utils.compute_class_weight("balanced", classes=present, y=labels)
    np.testing.assert_allclose([found[label] for label in present], expected, rtol=1e-15)
    assert all(found[label] == 1.0 for label in range(len(counts)) if label not in present)


def test_a_class_that_is_not_named_counts_one() -> None:
    assert class_weights({"b": 4}, ("a", "b", "c"), (5, 1, 0)) == (1.0, 4.0, 1.0)
    assert class_weights("none", ("a", "b", "c"), (5, 1, 0)) == (1.0, 1.0, 1.0)


def bound(loss: str, logits: Array, labels: Array, weights: Array | None) -> BoundLoss:
    """Return the loss of logits (R, m, width) and labels (R, m), loaded, its total not computed yet."""
    workspace, width = Workspace(logits.dtype), logits.shape[2]
    targets = LOSSES[loss].encode(labels.reshape(-1), workspace)
    rows = np.arange(labels.size).reshape(labels.shape)
    found = LOSSES[loss].bind(rows, width, targets, workspace, weights)
    found.load()
    found.logits.values[...] = logits
    return found


def computed(loss: BoundLoss) -> tuple[Array, Array]:
    """Return copies of the totals (R,), and of the gradient of the logits (R, m, width)."""
    total = loss.total()[:, 0, 0].copy()
    loss.backward()
    return total, loss.logits.gradient.copy()


def by_hand(logits: Sequence[float], label: int, loss: str) -> tuple[float, list[float]]:
    """Return the loss of one example, and its gradient."""
    if loss == "logistic":
        probability = 1.0 / (1.0 + math.exp(-logits[0]))
        return -math.log(probability if label else 1.0 - probability), [probability - label]
    total = sum(map(math.exp, logits))
    return math.log(total) - logits[label], [math.exp(z) / total - (k == label) for k, z in enumerate(logits)]


@st.composite
def batches(draw: Any) -> tuple[str, Array, Array, Array]:
    """A loss, logits (R, m, width), labels (R, m) and class weights (R, classes), in float64."""
    loss = draw(st.sampled_from(["logistic", "softmax"]))
    members, examples = draw(st.integers(1, 4)), draw(st.integers(1, 9))
    classes = 2 if loss == "logistic" else draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    weights = np.array([[draw(WEIGHTS) for _ in range(classes)] for _ in range(members)])
    labels: Any = rng.integers(0, classes, (members, examples))
    logits = 3.0 * rng.standard_normal((members, examples, 1 if loss == "logistic" else classes))
    return loss, logits, labels, weights


@given(batches())
def test_losses_and_gradients_are_those_of_each_example_times_the_weight_of_its_class(
    batch: tuple[str, Array, Array, Array],
) -> None:
    loss, logits, labels, weights = batch
    total, gradient = computed(bound(loss, logits, labels, weights))
    examples = labels.shape[1]
    for row, (member_logits, member_labels) in enumerate(zip(logits.tolist(), labels.tolist(), strict=True)):
        each = [by_hand(z, label, loss) for z, label in zip(member_logits, member_labels, strict=True)]
        counts = [weights[row, label] for label in member_labels]
        expected = [[count * dz / examples for dz in slope] for count, (_, slope) in zip(counts, each, strict=True)]

        assert total[row] == pytest.approx(sum(count * one for count, (one, _) in zip(counts, each, strict=True)))
        np.testing.assert_allclose(gradient[row], expected, rtol=1e-12, atol=1e-14)


@given(batches(), st.sampled_from([np.float32, np.float64]))
def test_weights_of_one_change_no_bit(batch: tuple[str, Array, Array, Array], real: Any) -> None:
    loss, logits, labels, weights = batch
    with_ones = computed(bound(loss, logits.astype(real), labels, np.ones_like(weights, real)))
    without = computed(bound(loss, logits.astype(real), labels, None))

    for one, other in zip(with_ones, without, strict=True):
        np.testing.assert_array_equal(one, other)


@given(batches())
def test_weights_change_no_count_of_misses(batch: tuple[str, Array, Array, Array]) -> None:
    loss, logits, labels, weights = batch
    weighted, plain = bound(loss, logits, labels, weights), bound(loss, logits, labels, None)
    weighted.total(), plain.total()

    assert weighted.misses().tolist() == plain.misses().tolist()


def test_members_without_weights_share_a_stack_with_others_that_have_some_and_keep_their_bits() -> None:
    assert DATA["binary"].class_weights(["none", "none"]) is None
    for task, data in DATA.items():
        plain, weighted = member(data, 0), member(data, 1, class_weight=SOME[task])
        together, alone = train(data, [("plain", plain), ("weighted", weighted)]), train_alone(data, plain)
        population = Population(tick)
        population.join(data, [("plain", plain), ("weighted", weighted)])

        assert sorted(population.turn()) == ["plain", "weighted"]
        assert together.curves["plain"] == alone[0]
        np.testing.assert_array_equal(together.ends["plain"].weights, alone[1].weights)


@pytest.mark.parametrize("task", DATA)
def test_training_counts_weights_and_the_dev_part_does_not(task: str) -> None:
    data = DATA[task]
    weights = SOME[task]
    # One step of gradient descent too small to move a weight: the loss of the epoch is that of its end.
    spec = member(data, batch="full", optimizer="sgd", epochs=1, class_weight=weights)
    spec = replace(spec, knobs=replace(spec.knobs, learning_rate=1e-12))
    _, end = train_alone(data, spec)
    assert end.weights is not None
    rows = end.weights[np.newaxis]

    def losses(part: Any) -> Array:
        answers = predict(spec.structure, rows, part.x[:, :-1])[0]
        both = np.hstack([1.0 - answers, answers]) if task == "binary" else answers
        found: Array = -np.log(both[np.arange(len(part)), part.targets.astype(int)])
        return found

    counted = np.array(class_weights(weights, data.classes, data.class_counts))[data.train.targets.astype(int)]
    assert end.metrics["train_loss"] == pytest.approx((counted * losses(data.train)).mean(), rel=1e-5)
    assert end.metrics["dev_loss"] == pytest.approx(losses(data.dev).mean(), rel=1e-5)


def test_the_classes_of_a_data_set_are_counted_in_its_training_part() -> None:
    dataset = random_dataset("multiclass", (61, 23, 17), 5)
    rare = replace(dataset, y_train=np.where(dataset.y_train == 1, 0, dataset.y_train))

    assert TrainingSet.of(rare, normalize_inputs=True).class_counts == tuple(
        int((rare.y_train == label).sum()) for label in range(3)
    )
    assert training_set(random_dataset("regression", (61, 23, 17), 5)).class_counts == ()


@pytest.mark.parametrize(
    ("task", "weights", "reason"),
    [
        ("multiclass", {"0": 1.0, "7": 2.0}, r"a has the class_weight {.*}: there is no class 7, but 0, 1, 2\. Leave"),
        ("regression", "balanced", "a has the class_weight 'balanced': the target is a number, and only classes can"),
        ("regression", {}, "a has the class_weight {}: the target is a number"),
    ],
)
def test_weights_that_do_not_fit_the_data_are_refused(task: str, weights: ClassWeight, reason: str) -> None:
    data, population = training_set(random_dataset(task, (61, 23, 17), 5)), Population(tick)

    with pytest.raises(ValueError, match=reason):
        population.join(data, [("a", member(data, class_weight=weights))])
    assert len(population) == 0


def test_weights_that_are_none_are_refused_before_training() -> None:
    data, reason = DATA["binary"], r"Member 0: class_weight is {'0': -1}, but it must be .* by name, a number above 0\."

    with pytest.raises(ValueError, match=reason):
        standalone.train(data, [member(data, class_weight={"0": -1})])
