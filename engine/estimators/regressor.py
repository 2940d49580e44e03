"""The regressor."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import RegressorMixin
from sklearn.utils.validation import validate_data

from engine.data.target import Target
from engine.estimators.base import INPUTS, StackedMLP, in_range, refuse_merged
from engine.estimators.parameters import estimator


@estimator
class StackedMLPRegressor(RegressorMixin, StackedMLP):  # type: ignore[misc]  # scikit-learn ships no types
    """Dense networks for a number, trained in one stack; an answer is the mean of the members' answers.

    Training is in float32, on targets of mean 0 and deviation 1: losses are in that unit, `dev_rmse` and answers in the
    target's own. With an integer `random_state`, members are to the last bit those of `engine.train` with the seeds
    `Seed(random_state, 0)`, `Seed(random_state, 1)` and so on.

    After `fit` there are `n_features_in_` and `feature_names_in_` as in scikit-learn; `trained_`, a record of each
    member, and `weights_`, a row for each that did not diverge; `curve_` (a dict for each epoch), `n_iter_`,
    `best_epoch_` and `loss_` of the best member, the one with the lowest loss.
    """

    def fit(self, X: Any, y: Any) -> Self:
        """Train on inputs (m, n) and numbers (m,)."""
        refuse_merged(X)
        X, y = validate_data(self, X, y, dtype=INPUTS, y_numeric=True)
        self._fit(in_range(X), Target("regression", y.astype(np.float64), ()))
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Return the answer for each row, (m,), in the target's own unit."""
        answers = self._answers(X)[:, 0]
        mean, scale = self.target_moments_
        return answers * scale + mean
