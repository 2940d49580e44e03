"""Tests of the estimators inside scikit-learn's own tools, on the built-in data sets."""

import numpy as np
from sklearn.datasets import load_diabetes, load_iris
from sklearn.decomposition import PCA
from sklearn.model_selection import RandomizedSearchCV, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from engine.data import load_builtin
from engine.estimators import StackedMLPClassifier, StackedMLPRegressor


def test_cross_validation_finds_both_estimators_good() -> None:
    classes = cross_val_score(StackedMLPClassifier(random_state=0), *load_iris(return_X_y=True), cv=5)
    numbers = cross_val_score(StackedMLPRegressor(random_state=0), *load_diabetes(return_X_y=True), cv=5)

    assert classes.mean() > 0.9
    assert numbers.mean() > 0.4


def test_a_pipeline_of_other_steps_ends_in_an_estimator() -> None:
    x, y = load_iris(return_X_y=True)
    pipeline = make_pipeline(StandardScaler(), PCA(2), StackedMLPClassifier(random_state=0))
    pipeline.set_params(stackedmlpclassifier__hidden_units=[32])

    assert pipeline.fit(x, y).score(x, y) > 0.9
    assert pipeline.predict_proba(x).shape == (150, 3)


def test_a_small_random_search_reads_digits_with_at_most_one_in_twenty_wrong() -> None:
    data = load_builtin("digits")
    space = {
        "hidden_units": [(32,), (64,), (64, 32)],
        "learning_rate": np.logspace(-3.5, -1.5, 9),
        "batch_size": [32, 64],
        "optimizer": ["momentum", "rmsprop", "adam"],
    }
    estimator = StackedMLPClassifier(epochs=30, random_state=0)
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    search = RandomizedSearchCV(estimator, space, n_iter=5, cv=folds, random_state=0)
    search.fit(data.x_train, data.y_train)

    assert search.best_score_ >= 0.95
    assert search.score(data.x_test, data.y_test) >= 0.95
