"""Tests of what models answer, in the numbers of charts, against scikit-learn."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.calibration import calibration_curve
from sklearn.metrics import confusion_matrix, mean_squared_error, roc_auc_score, roc_curve

from app.domain.answered import ScoredPart
from app.models.answer_table import AnswerTable
from app.models.answered import MOST_CLASSES, MOST_CURVES, MOST_POINTS, MOST_ROWS, part_answers, roc
from engine.losses import LOSSES
from engine.metrics import Answers

DEV: ScoredPart = "dev"


def answers(loss: str, y: NDArray[Any], logits: NDArray[Any], mean: float = 0.0, scale: float = 1.0) -> Answers:
    nothing = np.zeros(1)
    return Answers(LOSSES[loss], y, nothing, nothing, logits[np.newaxis].astype(np.float32), mean, scale)


def of_classes(classes: int, rows: int, seed: int = 0) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Labels (rows,), and logits (classes, rows), or (1, rows) of two, which are right more often than not."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(classes, size=rows)
    if classes == 2:
        return labels, (rng.normal(size=rows) + 2 * labels - 1)[np.newaxis]
    return labels, rng.normal(size=(classes, rows)) + 2.0 * (np.arange(classes)[:, np.newaxis] == labels)


@pytest.mark.parametrize("classes", [3, 10])
def test_confusion_and_areas_of_several_classes_are_those_of_scikit_learn(classes: int) -> None:
    y, logits = of_classes(classes, 900)
    names = [f"class {place}" for place in range(classes)]
    found = part_answers(DEV, answers("softmax", y, logits), names, "y").classes
    assert found is not None
    assert found.confusion.classes == names
    np.testing.assert_array_equal(found.confusion.counts, confusion_matrix(y, logits.argmax(axis=0)))
    assert [curve.name for curve in found.roc] == names
    powers = np.exp(logits.astype(np.float32).astype(float))
    probabilities = powers / powers.sum(axis=0)
    for place, curve in enumerate(found.roc):
        assert curve.area == pytest.approx(roc_auc_score(y == place, probabilities[place]), abs=1e-12)
        assert len(curve.false_positive_rate) == len(curve.true_positive_rate) <= MOST_POINTS
    assert found.calibrated is None
    assert sum(one.count for one in found.calibration) == 900
    most, right = probabilities.max(axis=0), y == probabilities.argmax(axis=0)
    observed, predicted = calibration_curve(right, most, n_bins=10)
    told = [one for one in found.calibration if one.count]
    np.testing.assert_allclose(np.array([one.observed for one in told], float), observed)
    np.testing.assert_allclose(np.array([one.predicted for one in told], float), predicted)


def test_two_classes_have_the_curve_and_the_calibration_of_the_second() -> None:
    y, logits = of_classes(2, 700)
    found = part_answers("test", answers("logistic", y, logits), ["no", "yes"], "y").classes
    assert found is not None
    probability = 1.0 / (1.0 + np.exp(-logits[0].astype(np.float32).astype(float)))
    np.testing.assert_array_equal(found.confusion.counts, confusion_matrix(y, logits[0] > 0))
    (curve,) = found.roc
    assert (curve.name, found.calibrated) == ("yes", "yes")
    assert curve.area == pytest.approx(roc_auc_score(y, probability), abs=1e-12)
    wanted_false, wanted_true, _ = roc_curve(y, probability, drop_intermediate=False)
    wanted = set(zip(wanted_false.tolist(), wanted_true.tolist(), strict=True))
    assert set(zip(curve.false_positive_rate, curve.true_positive_rate, strict=True)) <= wanted
    assert (curve.false_positive_rate[0], curve.true_positive_rate[0]) == (0.0, 0.0)
    assert (curve.false_positive_rate[-1], curve.true_positive_rate[-1]) == (1.0, 1.0)
    thinned = np.trapezoid(curve.true_positive_rate, curve.false_positive_rate)
    assert thinned == pytest.approx(curve.area, abs=0.005)
    observed, predicted = calibration_curve(y, probability, n_bins=10)
    told = [one for one in found.calibration if one.count]
    np.testing.assert_allclose(np.array([one.observed for one in told], float), observed)
    np.testing.assert_allclose(np.array([one.predicted for one in told], float), predicted)


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=2, max_size=30))
def test_equal_scores_are_one_step_of_the_curve(examples: list[tuple[int, bool]]) -> None:
    scores, own = np.array([one for one, _ in examples], float), np.array([one for _, one in examples])
    if own.all() or not own.any():
        own[0] = not own[0]
    false, true = roc(scores, own)
    wanted_false, wanted_true, _ = roc_curve(own, scores, drop_intermediate=False)
    np.testing.assert_allclose(false, wanted_false)
    np.testing.assert_allclose(true, wanted_true)


def test_of_many_classes_those_with_the_most_wrong_answers_are_shown() -> None:
    y, logits = of_classes(60, 6000)
    logits[:, y < 15] = 9.0 * (np.arange(60)[:, np.newaxis] == y[y < 15])  # these are always right
    found = part_answers(DEV, answers("softmax", y, logits), [str(one) for one in range(60)], "y").classes
    assert found is not None
    whole = confusion_matrix(y, logits.argmax(axis=0))
    faults = whole.sum(axis=0) + whole.sum(axis=1) - 2 * whole.diagonal()
    shown = np.array([int(name) for name in found.confusion.classes])
    assert len(shown) == MOST_CLASSES
    assert found.confusion.more_classes == 10
    assert faults[shown].min() >= np.delete(faults, shown).max()
    np.testing.assert_array_equal(found.confusion.counts, whole[np.ix_(shown, shown)])
    assert len(found.roc) == MOST_CURVES


def test_a_class_without_examples_has_no_curve() -> None:
    y, logits = of_classes(3, 60)
    found = part_answers(DEV, answers("softmax", np.minimum(y, 1), logits), ["a", "b", "c"], "y").classes
    assert found is not None
    assert [curve.name for curve in found.roc] == ["a", "b"]
    assert found.confusion.counts[2] == [0, 0, 0]


@pytest.mark.parametrize("rows", [1, 500, 4500])
def test_a_regression_has_its_residuals_in_the_unit_of_the_target(rows: int) -> None:
    rng = np.random.default_rng(3)
    y = rng.normal(200.0, 30.0, rows)
    logits = ((y - 200.0) / 30.0 + rng.normal(0.0, 0.1, rows)).astype(np.float32)[np.newaxis]
    found = part_answers(DEV, answers("squared", y, logits, 200.0, 30.0), [], "price").numbers
    assert found is not None
    assert found.target == "price"
    step = -(-rows // MOST_ROWS)
    predicted = logits[0].astype(float) * 30.0 + 200.0
    np.testing.assert_array_equal(found.actual, y[::step])
    np.testing.assert_allclose(found.predicted, predicted[::step])
    assert sum(found.counts) == rows
    assert len(found.edges) == len(found.counts) + 1 <= 61
    assert found.edges[0] <= (predicted - y).min()
    assert found.edges[-1] >= (predicted - y).max()
    shown_error = mean_squared_error(found.actual, found.predicted)
    assert shown_error == pytest.approx(mean_squared_error(y, predicted), rel=0.2)


def test_answers_that_are_no_numbers_are_refused() -> None:
    y, logits = of_classes(3, 20)
    logits[1, 4] = np.nan
    with pytest.raises(ValueError, match="An answer on the dev part is no finite number"):
        part_answers(DEV, answers("softmax", y, logits), ["a", "b", "c"], "y")


@pytest.mark.parametrize(
    ("loss", "logits"),
    [("logistic", [[1e-20, -1e-20, 0.0, 1e-20]]), ("softmax", [[0.0] * 4, [1e-20, -1e-20, 0.0, 1e-20]])],
)
def test_where_two_classes_have_one_probability_the_logits_decide_as_in_training(
    loss: str, logits: list[list[float]]
) -> None:
    given = answers(loss, np.array([1, 0, 1, 0]), np.array(logits))
    assert given.confusion.found.sum() == 2
    (page,) = AnswerTable(given, ["no", "yes"]).pages(10)
    assert [row[2] for row in page] == ["yes", "no", "no", "yes"]
    assert {row[3] for row in page} == {0.5}
    found = part_answers(DEV, given, ["no", "yes"], "y").classes
    assert found is not None
    assert found.confusion.counts == [[1, 1], [1, 1]]
