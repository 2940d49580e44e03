"""Tests of what a fit gives, against the engine itself."""

import pickle
from collections.abc import Mapping
from copy import copy
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import is_classifier, is_regressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.class_weight import compute_class_weight

from engine.data import NAMES, Dataset, load_builtin
from engine.data.parts.split import split_rows
from engine.data.target import Target, Task
from engine.early_stopping import Patience
from engine.estimators import StackedMLPClassifier, StackedMLPRegressor
from engine.estimators.base import StackedMLP, hold_out
from engine.seeds import Seed
from engine.spec import Knobs, MemberSpec, Structure
from engine.standalone import train
from engine.training_set import TrainingSet
from tests.engine.stacks import random_dataset

TASKS: tuple[Task, ...] = ("binary", "multiclass", "regression")


def estimator_of(task: Task, **parameters: Any) -> StackedMLP:
    kind = StackedMLPRegressor if task == "regression" else StackedMLPClassifier
    return kind(**parameters)


def rows_of(task: Task, rows: int = 60) -> tuple[np.ndarray, np.ndarray]:
    data = random_dataset(task, (rows, 0, 0), 5)
    return data.x_train.astype(np.float64), data.y_train


def without_test_part(task: Task, x: np.ndarray, y: np.ndarray, dev_fraction: float, seed: int) -> Dataset:
    classes = tuple(str(label) for label in np.unique(y)) if task != "regression" else ()
    split = split_rows(Target(task, y, classes), seed, (1.0 - dev_fraction, dev_fraction, 0.0))
    x = x.astype(np.float32)
    parts = x[split.train], y[split.train], x[split.dev], y[split.dev], x[:0], y[:0]
    return Dataset(task, classes, *parts, card={})


@pytest.mark.parametrize("task", TASKS)
def test_the_weights_are_the_bits_of_the_engine_trained_alone(task: Task) -> None:
    x, y = rows_of(task)
    fitted = estimator_of(
        task, hidden_units=(6, 4), optimizer="rmsprop", learning_rate=0.01, l2=0.1, batch_size=16, epochs=9,
        patience=3, dev_fraction=0.25, members=3, random_state=5,
    ).fit(x, y)  # fmt: skip
    data = TrainingSet.of(without_test_part(task, x, y, 0.25, 5), normalize_inputs=True)
    shape = Structure(data.inputs, (6, 4), data.outputs, "relu", data.loss_name, 16)

    for number in range(3):
        spec = MemberSpec(shape, "rmsprop", "auto", Knobs(0.01, l2=0.1), 9, Seed(5, number), "dev_loss", Patience(3))
        (alone,) = train(data, [spec])
        assert np.array_equal(fitted.weights_[number], alone.finished.weights)  # type: ignore[arg-type]  # none diverges


@pytest.mark.parametrize("task", TASKS)
def test_the_best_member_gives_curve_loss_and_epochs(task: Task) -> None:
    fitted = estimator_of(task, epochs=12, members=4, patience=4, random_state=0, dev_fraction=0.2).fit(*rows_of(task))
    losses = [member.finished.metrics["dev_loss"] for member in fitted.trained_]
    error = "dev_rmse" if task == "regression" else "dev_error"

    assert fitted.loss_ == min(losses)
    assert [point["epoch"] for point in fitted.curve_] == list(range(1, fitted.n_iter_ + 1))
    assert all(set(point) == {"epoch", "train_loss", "dev_loss", error} for point in fitted.curve_)
    assert (
        fitted.curve_[fitted.best_epoch_ - 1]["dev_loss"] == fitted.loss_ == min(p["dev_loss"] for p in fitted.curve_)
    )


@pytest.mark.parametrize("task", TASKS)
def test_without_a_dev_part_all_rows_train_and_the_train_loss_decides(task: Task) -> None:
    x, y = rows_of(task)
    fitted = estimator_of(task, epochs=6, dev_fraction=0.0, random_state=1).fit(x, y)
    other = estimator_of(task, epochs=6, dev_fraction=0.2, random_state=1).fit(x, y)

    assert all(set(point) == {"epoch", "train_loss"} for point in fitted.curve_)
    assert fitted.loss_ == min(point["train_loss"] for point in fitted.curve_)
    np.testing.assert_allclose(fitted.normalization_.mean, x.astype(np.float32).mean(axis=0), atol=1e-6)
    assert not np.allclose(fitted.normalization_.mean, other.normalization_.mean, atol=1e-6)


@pytest.mark.parametrize("labels", [[0, 1], [0, 1, 2, 3], [0, 0, 1], [0, 0, 0]])
def test_sets_too_small_to_hold_rows_out_train_on_what_there_is(labels: list[int]) -> None:
    x, y = 3.0 * np.eye(len(labels)), np.array(labels)
    fitted = StackedMLPClassifier(random_state=0, learning_rate=0.01, dev_fraction=0.1).fit(x, y)

    assert set(fitted.predict(x)) <= set(labels)
    assert np.isfinite(fitted.loss_)


def test_a_regression_on_two_rows_gives_finite_answers() -> None:
    fitted = StackedMLPRegressor(random_state=0, dev_fraction=0.1).fit([[0.0], [1.0]], [10.0, 20.0])

    assert np.isfinite(fitted.predict([[0.0], [1.0]])).all()


@given(
    labels=st.lists(st.integers(0, 4), min_size=1, max_size=60),
    fraction=st.one_of(st.just(0.0), st.floats(0.0, 1.0, exclude_max=True)),
    seed=st.integers(0, 2**32),
)
def test_rows_are_held_out_once_and_every_class_has_some_to_train_on(
    labels: list[int], fraction: float, seed: int
) -> None:
    classes, values = np.unique(labels, return_inverse=True)
    train_rows, dev_rows = hold_out(Target("multiclass", values, tuple(map(str, classes))), fraction, seed)

    assert sorted([*train_rows, *dev_rows]) == list(range(len(labels)))
    assert set(values[train_rows]) == set(values)
    # Each class is cut within one row of its share.
    for label in range(len(classes)):
        count = int((values == label).sum())
        held = int((values[dev_rows] == label).sum())
        assert not len(dev_rows) or abs(held - fraction * count) <= 1.0 + 1e-9


def test_the_same_random_state_gives_the_same_bits_and_another_one_others() -> None:
    x, y = rows_of("binary")
    first, again, other = (StackedMLPClassifier(random_state=seed, epochs=3).fit(x, y).weights_ for seed in (7, 7, 8))

    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_generator_moves_on_from_fit_to_fit_and_none_is_the_global_one() -> None:
    x, y = rows_of("binary")
    generator = np.random.RandomState(3)
    drawn = [StackedMLPClassifier(random_state=generator, epochs=2).fit(x, y).weights_ for _ in range(2)]
    again = StackedMLPClassifier(random_state=np.random.RandomState(3), epochs=2).fit(x, y).weights_
    np.random.seed(3)  # what random_state=None stands for in scikit-learn
    from_none = StackedMLPClassifier(epochs=2).fit(x, y).weights_

    assert not np.array_equal(drawn[0], drawn[1])
    assert np.array_equal(drawn[0], again)
    assert np.array_equal(drawn[0], from_none)


@pytest.mark.parametrize("labels", [["no", "yes"], ["ant", "bee", "cat"], [-1, 1], [2.0, 5.0, 9.0], [False, True]])
def test_labels_of_any_type_come_back_and_probabilities_follow_the_classes(labels: list[Any]) -> None:
    x, y = rows_of("binary" if len(labels) == 2 else "multiclass")
    named = np.array(labels)[y]
    fitted = StackedMLPClassifier(random_state=0, learning_rate=0.02).fit(x, named)
    answers = fitted.predict_proba(x)

    assert list(fitted.classes_) == sorted(labels)
    assert answers.shape == (len(x), len(labels))
    np.testing.assert_allclose(answers.sum(axis=1), 1.0, rtol=1e-12)
    assert np.array_equal(fitted.predict(x), fitted.classes_[answers.argmax(axis=1)])
    assert fitted.score(x, named) > 0.8


@pytest.mark.parametrize("labels", [["no", "yes"], [-1, 1], [False, True], [2.0, 7.0]])
def test_balanced_weights_are_the_dict_of_them_and_find_more_of_a_rare_class(labels: list[Any]) -> None:
    x, y = rows_of("binary", 200)
    x, y = np.vstack([x[y == 0], x[y == 1][:9]]), np.repeat(labels, [(y == 0).sum(), 9])
    weights = compute_class_weight("balanced", classes=np.array(labels), y=y)
    given: Mapping[Any, Any] = dict(zip(np.array(labels), weights, strict=True))

    def fitted(class_weight: Any) -> StackedMLPClassifier:
        parameters: Any = {"hidden_units": [], "epochs": 20, "learning_rate": 0.01}
        return StackedMLPClassifier(class_weight=class_weight, random_state=0, **parameters).fit(x, y)

    balanced, by_dict, plain = fitted("balanced"), fitted(given), fitted(None)
    assert np.array_equal(balanced.weights_, by_dict.weights_)
    assert (balanced.predict(x) == labels[1]).sum() > (plain.predict(x) == labels[1]).sum()
    assert np.array_equal(fitted({}).weights_, plain.weights_)


def test_the_dev_rows_that_choose_the_best_epoch_are_weighed_as_well() -> None:
    x, y = rows_of("multiclass", 200)
    fitted = StackedMLPClassifier(class_weight={0: 7.0, 2: 0.5}, dev_fraction=0.2, epochs=3, random_state=5).fit(x, y)
    held = hold_out(Target("multiclass", y, ("0", "1", "2")), 0.2, 5)[1]
    losses = -np.log(fitted.predict_proba(x)[held, y[held]])

    assert fitted.loss_ == pytest.approx((np.array([7.0, 1.0, 0.5])[y[held]] * losses).mean(), rel=1e-5)


def test_a_weight_for_a_label_that_no_row_has_is_refused() -> None:
    with pytest.raises(ValueError, match=r"class_weight has the label 'maybe', .* there are no, yes\."):
        StackedMLPClassifier(class_weight={"no": 2.0, "maybe": 1.0}).fit(np.eye(2), ["no", "yes"])


def test_one_class_alone_is_always_the_answer() -> None:
    fitted = StackedMLPClassifier(random_state=0, epochs=2).fit(np.eye(5), ["only"] * 5)

    assert list(fitted.predict(np.ones((2, 5)))) == ["only", "only"]
    assert np.array_equal(fitted.predict_proba(np.ones((2, 5))), [[1.0], [1.0]])


def test_a_regression_answers_in_the_unit_of_its_target() -> None:
    x, y = rows_of("regression", 200)
    parameters: dict[str, Any] = {"random_state": 0, "learning_rate": 0.01, "epochs": 40, "dev_fraction": 0.1}
    fitted = StackedMLPRegressor(**parameters).fit(x, y)
    scaled = StackedMLPRegressor(**parameters).fit(x, 1000.0 * y - 7e5)

    assert fitted.score(x, y) > 0.9
    np.testing.assert_allclose(scaled.predict(x), 1000.0 * fitted.predict(x) - 7e5, rtol=1e-3)
    assert scaled.curve_[0]["dev_rmse"] == pytest.approx(1000.0 * fitted.curve_[0]["dev_rmse"], rel=1e-3)


def test_inputs_of_any_scale_are_learned_when_they_are_normalised() -> None:
    x, y = rows_of("binary", 200)
    wild = 1e4 * x + 1e5
    normal = StackedMLPClassifier(random_state=0, learning_rate=0.01)
    raw = StackedMLPClassifier(random_state=0, learning_rate=0.01, normalize_inputs=False)

    assert normal.fit(wild, y).score(wild, y) > 0.9
    assert raw.fit(x, y).score(x, y) > 0.9
    assert raw.normalization_ is None


def test_a_diverging_fit_says_why_and_what_to_do() -> None:
    x, y = rows_of("regression")
    estimator = StackedMLPRegressor(optimizer="sgd", learning_rate=1e6, members=2, random_state=0)
    with pytest.raises(ValueError, match=r"Member 0 of 2 diverged: .* became .* in epoch .*Lower learning_rate, which"):
        estimator.fit(x, y)


def test_a_diverging_member_is_left_out_with_a_warning_and_the_others_answer() -> None:
    x, y = rows_of("regression")
    estimator = StackedMLPRegressor(
        hidden_units=(8,), optimizer="sgd", learning_rate=0.9, epochs=30, members=12, random_state=0
    )
    with pytest.warns(ConvergenceWarning, match=r"^\d+ of 12 members are left out\. Member \d+ of 12 diverged: "):
        estimator.fit(x, y)
    stayed = [member.finished for member in estimator.trained_ if member.finished.state == "completed"]
    single = [copy(estimator) for _ in stayed]
    for one, row in zip(single, estimator.weights_, strict=True):
        one.weights_ = row[np.newaxis]

    assert 0 < len(stayed) < len(estimator.trained_) == 12
    assert [row.tobytes() for row in estimator.weights_] == [end.weights.tobytes() for end in stayed]  # type: ignore[union-attr]  # none diverged
    np.testing.assert_allclose(estimator.predict(x), np.mean([one.predict(x) for one in single], axis=0), rtol=1e-6)
    assert estimator.loss_ == min(end.metrics["train_loss"] for end in stayed)


@pytest.mark.parametrize("task", TASKS)
def test_a_pickled_estimator_answers_the_same(task: Task) -> None:
    x, y = rows_of(task)
    fitted = estimator_of(task, epochs=3, random_state=0).fit(x, y)
    loaded = pickle.loads(pickle.dumps(fitted))  # noqa: S301  # our own bytes

    assert np.array_equal(loaded.predict(x), fitted.predict(x))
    assert loaded.curve_ == fitted.curve_


def test_the_kinds_are_those_that_scikit_learn_knows() -> None:
    assert is_classifier(StackedMLPClassifier())
    assert is_regressor(StackedMLPRegressor())


@pytest.mark.parametrize("name", NAMES)
def test_the_mean_of_the_members_is_never_worse_than_the_worst_of_them(name: str) -> None:
    data = load_builtin(name)
    fitted = estimator_of(data.task, members=5, epochs=50, random_state=0).fit(data.x_train, data.y_train)

    def score(first: int, stop: int) -> float:
        some = copy(fitted)
        some.weights_ = fitted.weights_[first:stop]
        return float(some.score(data.x_test, data.y_test))

    assert len(np.unique(fitted.weights_, axis=0)) == 5
    assert score(0, 5) >= min(score(number, number + 1) for number in range(5))
