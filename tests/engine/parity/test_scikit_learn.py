"""Training curves of the engine in float64 against scikit-learn's MLPClassifier, from the same weights and batches."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.class_weights import class_weights
from engine.spec import Knobs, MemberSpec
from engine.training_set import TrainingSet
from tests.engine.parity.runs import Epoch, batches, initial_arrays, train_by_epoch
from tests.engine.stacks import member, random_dataset, training_set

neural_network = pytest.importorskip(
    "sklearn.neural_network", reason="scikit-learn is not installed: pip install 'scikit-learn>=1.7'"
)

DATA = {task: training_set(random_dataset(task, (70, 20, 0), 5), np.float64) for task in ("binary", "multiclass")}
ACTIVATIONS = {"relu": "relu", "tanh": "tanh", "sigmoid": "logistic"}
# scikit-learn adds Adam's epsilon before the root is corrected for its start at zero, we after it, as PyTorch does:
# this one is so small that the place does not matter (with 1e-8 the curves differ by 2e-5).
KNOBS = {"sgd": Knobs(0.5), "adam": Knobs(0.01, epsilon=1e-15)}
EPOCHS = 30


class FromArrays(neural_network.MLPClassifier):  # type: ignore[misc, name-defined]  # scikit-learn is Any to mypy
    """scikit-learn's network from given weights."""

    def start_from(self, arrays: Mapping[str, Any]) -> "FromArrays":
        """Use these arrays as initial weights and biases."""
        count = len(arrays) // 2
        self._given = [(arrays[f"W{number}"].copy(), arrays[f"b{number}"].copy()) for number in range(1, count + 1)]
        return self

    def _init_coef(self, fan_in: int, fan_out: int, dtype: Any) -> tuple[Any, Any]:
        del fan_in, fan_out, dtype
        return self._given.pop(0)


def train_in_scikit_learn(data: TrainingSet, spec: MemberSpec) -> list[Epoch]:
    """Train the same member there, an epoch at a time, the examples in the engine's order."""
    size = spec.structure.batch_size
    model = FromArrays(
        spec.structure.hidden_units,
        ACTIVATIONS[spec.structure.activation],
        solver=spec.optimizer,
        alpha=spec.knobs.l2,
        batch_size=len(data.train) if size == "full" else size,
        learning_rate_init=spec.knobs.learning_rate,
        shuffle=False,
        momentum=0.0,
        epsilon=spec.knobs.epsilon,
    ).start_from(initial_arrays(spec))
    epochs = []
    for epoch in range(spec.epochs):
        order = np.concatenate(list(batches(data, spec, epoch)))
        x, labels = data.train.x[order, :-1], data.train.targets[order]
        counts = np.array(class_weights(spec.class_weight, data.classes, data.class_counts))[labels.astype(int)]
        model.partial_fit(x, labels, sample_weight=counts, classes=np.unique(data.train.targets))
        arrays = {f"W{number}": array.copy() for number, array in enumerate(model.coefs_, 1)}
        arrays |= {f"b{number}": array.copy() for number, array in enumerate(model.intercepts_, 1)}
        epochs.append(Epoch({"train_loss": model.loss_curve_[-1]}, arrays))
    return epochs


def imbalanced(task: str) -> TrainingSet:
    """Return a data set where two thirds of the first class's training examples went to the last class."""
    dataset = random_dataset(task, (70, 20, 0), 5)
    moved = (dataset.y_train == 0) & (np.arange(70) % 3 > 0)
    return training_set(replace(dataset, y_train=np.where(moved, dataset.y_train.max(), dataset.y_train)), np.float64)


def curve(epochs: list[Epoch]) -> list[float]:
    return [epoch.values["train_loss"] for epoch in epochs]


def assert_same_weights(found: list[Epoch], expected: list[Epoch]) -> None:
    for one, other in zip(found, expected, strict=True):
        assert set(one.arrays) == set(other.arrays)
        for name, array in one.arrays.items():
            np.testing.assert_allclose(array, other.arrays[name], rtol=0, atol=1e-6)


@pytest.mark.parametrize("task", DATA)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("optimizer", KNOBS)
def test_the_curve_is_that_of_scikit_learn(optimizer: str, activation: str, task: str) -> None:
    data = DATA[task]
    spec = member(
        data, hidden=(8, 6), activation=activation, optimizer=optimizer, knobs=KNOBS[optimizer], batch=16, epochs=EPOCHS
    )
    ours, theirs = train_by_epoch(data, spec), train_in_scikit_learn(data, spec)

    np.testing.assert_allclose(curve(ours), curve(theirs), rtol=0, atol=1e-6)
    assert curve(ours)[-1] < 0.9 * curve(ours)[0]
    assert_same_weights(ours, theirs)


@pytest.mark.parametrize("task", DATA)
@pytest.mark.parametrize("optimizer", KNOBS)
def test_weights_under_an_l2_penalty_are_those_of_scikit_learn(optimizer: str, task: str) -> None:
    data, knobs = DATA[task], replace(KNOBS[optimizer], l2=2.0)
    spec = member(data, hidden=(8, 6), optimizer=optimizer, knobs=knobs, batch=16, epochs=EPOCHS)

    # Its curve includes the penalty and ours does not: it is the weights that must agree.
    assert_same_weights(train_by_epoch(data, spec), train_in_scikit_learn(data, spec))


@pytest.mark.parametrize("optimizer", KNOBS)
def test_the_curve_under_an_l2_penalty_is_that_of_scikit_learn_less_the_penalty(optimizer: str) -> None:
    data, knobs = DATA["multiclass"], replace(KNOBS[optimizer], l2=2.0)
    spec = member(data, hidden=(8, 6), optimizer=optimizer, knobs=knobs, batch="full", epochs=EPOCHS)
    ours, theirs = train_by_epoch(data, spec), train_in_scikit_learn(data, spec)
    before = [initial_arrays(spec), *(epoch.arrays for epoch in ours[:-1])]
    squares = [sum((array**2).sum() for name, array in arrays.items() if name[0] == "W") for arrays in before]
    penalties = [knobs.l2 / (2 * len(data.train)) * square for square in squares]

    np.testing.assert_allclose(np.add(curve(ours), penalties), curve(theirs), rtol=0, atol=1e-6)


@pytest.mark.parametrize("task", DATA)
@pytest.mark.parametrize("optimizer", KNOBS)
def test_the_curve_under_balanced_class_weights_is_that_of_scikit_learn(optimizer: str, task: str) -> None:
    data = imbalanced(task)
    # It divides by the sum of the weights, we by the number of examples: over the whole part these are the same.
    spec = member(
        data, hidden=(8, 6), optimizer=optimizer, knobs=KNOBS[optimizer], batch="full", epochs=EPOCHS,
        class_weight="balanced",
    )  # fmt: skip
    ours, theirs = train_by_epoch(data, spec), train_in_scikit_learn(data, spec)

    assert len(set(data.class_counts)) > 1
    np.testing.assert_allclose(curve(ours), curve(theirs), rtol=0, atol=1e-6)
    assert curve(ours)[-1] < 0.9 * curve(ours)[0]
    assert_same_weights(ours, theirs)
