"""Inputs that float32 would merge: the estimators keep them apart, in training and in predictions."""

import numpy as np
import pytest

from engine.data import Cut, Table, prepare
from engine.data.table import NumericColumn
from engine.estimators import StackedMLPClassifier, StackedMLPRegressor
from engine.training_set import TrainingSet

PLACES = np.tile(np.arange(40.0), 5)
NEAR = np.random.default_rng(0).normal(size=200)


def inputs(offset: float, step: float) -> np.ndarray:
    return np.column_stack([NEAR, offset + step * PLACES])


FAR = {"serial numbers": (1e9, 1.0), "times": (1.7e9, 60.0), "below float32": (0.0, 1e-46)}


@pytest.mark.parametrize(("offset", "step"), FAR.values(), ids=list(FAR))
def test_they_learn_and_predict_as_from_the_same_numbers_close_to_zero(offset: float, step: float) -> None:
    y = np.abs(PLACES - 20.0)
    far, close = (StackedMLPRegressor(epochs=60, learning_rate=0.02, random_state=0) for _ in range(2))
    far.fit(inputs(offset, step), y)
    assert far.double_inputs_.tolist() == [1]
    assert far.score(inputs(offset, step), y) > 0.9
    close.fit(inputs(0.0, 1.0), y)
    np.testing.assert_allclose(far.predict(inputs(offset, step)), close.predict(inputs(0.0, 1.0)), rtol=0, atol=0.05)


def test_the_normalisation_is_that_of_a_prepared_data_set() -> None:
    x, y = inputs(1e9, 1.0), PLACES % 2
    columns = (NumericColumn("near", x[:, 0]), NumericColumn("far", x[:, 1]), NumericColumn("y", y))
    table = Table(columns, range(200), "row")
    dataset = prepare(table, target="y", cut=Cut(fractions=(0.8, 0.2, 0.0), seed=3))
    data = TrainingSet.of(dataset, normalize_inputs=True)
    fitted = StackedMLPClassifier(epochs=1, dev_fraction=0.2, random_state=3).fit(x, y)
    assert data.normalization is not None
    assert fitted.normalization_ is not None
    np.testing.assert_array_equal(fitted.normalization_.mean, data.normalization.mean)
    np.testing.assert_array_equal(fitted.normalization_.scale, data.normalization.scale)


def test_what_must_be_normalised_is_refused_otherwise_by_its_name() -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = pandas.DataFrame(inputs(1e9, 1.0), columns=["near", "far"])
    raw = StackedMLPClassifier(normalize_inputs=False)
    with pytest.raises(
        ValueError, match=r'cannot stay as they are in these columns: "far"; .* Set normalize_inputs to'
    ):
        raw.fit(frame, PLACES % 2)
    with pytest.raises(ValueError, match='in these columns: "1"'):
        raw.fit(frame.to_numpy(), PLACES % 2)


@pytest.mark.parametrize("value", [1e39, -1e300])
def test_numbers_beyond_float32_are_refused_in_fit_and_predict(value: float) -> None:
    x = inputs(0.0, 1.0)
    fitted = StackedMLPClassifier(epochs=1).fit(x, PLACES % 2)
    x[3, 1] = value
    for use in (lambda: fitted.predict(x), lambda: StackedMLPClassifier().fit(x, PLACES % 2)):
        with pytest.raises(ValueError, match="a value too large for float32"):
            use()


def test_an_input_that_does_not_vary_in_train_decides_nothing() -> None:
    x, y = np.column_stack([NEAR, np.zeros(200)]), NEAR > 0.0
    fitted = StackedMLPClassifier(epochs=2, random_state=0).fit(x, y)
    x[:, 1] = 1000.0
    np.testing.assert_array_equal(fitted.predict_proba(x), fitted.predict_proba(x * [1.0, 0.0]))


def test_whole_numbers_that_are_one_in_float64_are_refused_by_their_column() -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = pandas.DataFrame({"near": NEAR, "id": 2**60 + np.arange(200)})
    with pytest.raises(
        ValueError, match=r'The column "id" holds 11529\d+ and 11529\d+, but float64 takes them for one'
    ):
        StackedMLPClassifier().fit(frame, PLACES % 2)
    with pytest.raises(ValueError, match='The column "0" holds'):
        StackedMLPRegressor().fit(frame[["id"]].to_numpy(), NEAR)
