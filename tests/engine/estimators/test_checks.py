"""scikit-learn's own checks of an estimator, without exceptions."""

from collections.abc import Callable
from typing import Any

from sklearn.utils.estimator_checks import parametrize_with_checks

from engine.estimators import StackedMLPClassifier, StackedMLPRegressor

TECHNIQUES: dict[str, Any] = {
    "members": 2,
    "dev_fraction": 0.1,
    "batch_norm": True,
    "keep_prob": 0.9,
    "l2": 0.01,
    "epochs": 60,
    "learning_rate": 0.003,
}

ESTIMATORS = [
    StackedMLPClassifier(),
    StackedMLPRegressor(),
    StackedMLPClassifier(**TECHNIQUES),
    StackedMLPRegressor(**TECHNIQUES),
    StackedMLPClassifier(class_weight="balanced", members=2, epochs=60, learning_rate=0.003),
]


@parametrize_with_checks(ESTIMATORS)  # type: ignore[untyped-decorator]  # scikit-learn ships no types
def test_an_estimator_keeps_the_contract_of_scikit_learn(estimator: Any, check: Callable[[Any], None]) -> None:
    check(estimator)
