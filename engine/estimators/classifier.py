"""The classifier."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from engine.class_weights import ClassWeight
from engine.data.target import Target, Task
from engine.estimators import parameters as rule
from engine.estimators.base import INPUTS, StackedMLP, in_range, refuse_merged
from engine.estimators.parameters import estimator, parameter
from engine.hyperparameters import HYPERPARAMETERS


@estimator
class StackedMLPClassifier(ClassifierMixin, StackedMLP):  # type: ignore[misc]  # scikit-learn ships no types
    """Dense networks for classes, trained in one stack; an answer is the mean of the members' probabilities.

    Inputs are normalised in float64, and training is in float32. With an integer `random_state`, members are to the
    last bit those of `engine.train` with the seeds `Seed(random_state, 0)`, `Seed(random_state, 1)` and so on.
    `class_weight` weighs the loss that training brings down, and that of the dev rows that choose the best epoch.

    After `fit` there are `classes_`, `n_features_in_` and `feature_names_in_` as in scikit-learn; `trained_`, a record
    of each member, and `weights_`, a row for each that did not diverge; `curve_` (a dict for each epoch), `n_iter_`,
    `best_epoch_` and `loss_` of the best member, the one with the lowest loss.
    """

    class_weight: Mapping[Any, float] | str | None = parameter(
        None, rule.CLASS_WEIGHT, HYPERPARAMETERS["class_weight"].meaning
    )

    def fit(self, X: Any, y: Any) -> Self:
        """Train on inputs (m, n) and labels (m,) of any type. A single class is always the answer."""
        refuse_merged(X)
        X, y = validate_data(self, X, y, dtype=INPUTS)
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        task: Task = "binary" if len(self.classes_) == 2 else "multiclass"
        self._fit(in_range(X), Target(task, labels, tuple(str(label) for label in self.classes_)))
        return self

    def _class_weight(self) -> ClassWeight:
        """Return the weights by the names of the classes. Raises ValueError for a label that is not here."""
        said = self.class_weight
        if not isinstance(said, Mapping):
            return "none" if said is None else "balanced"
        names = {label: str(label) for label in self.classes_.tolist()}
        if strangers := [label for label in said if label not in names]:
            known = ", ".join(names.values())
            raise ValueError(f"class_weight has the label {strangers[0]!r}, which no row has: there are {known}.")
        return {names[label]: float(weight) for label, weight in said.items()}

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the probability of each class, (m, k), in the order of `classes_`."""
        answers = self._answers(X)
        return np.hstack([1.0 - answers, answers]) if len(self.classes_) == 2 else answers

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the most probable label of each row, (m,)."""
        places = self.predict_proba(X).argmax(axis=1)
        labels: NDArray[Any] = self.classes_[places]
        return labels
