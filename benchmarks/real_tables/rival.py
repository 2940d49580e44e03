"""scikit-learn's MLP with the settings of a sweep's trials, on the same parts."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.neural_network import MLPClassifier, MLPRegressor

from engine.data import Dataset
from engine.training_set import TrainingSet


def rival_error(dataset: Dataset, trials: Sequence[Mapping[str, Any]], fixed: Mapping[str, Any]) -> float:
    """Train each trial's settings for as many epochs, and return the test error of the best in dev."""
    data = TrainingSet.of(dataset, normalize_inputs=True)
    parts = {name: np.asarray(getattr(data, name).x)[:, :-1] for name in ("train", "dev", "test")}
    scores = [_scores(dataset, parts, {**fixed, **trial["params"]}) for trial in trials]
    finite = [score for score in scores if np.isfinite(score[0])]
    return min(finite)[1] if finite else float("nan")


def _scores(dataset: Dataset, x: Mapping[str, NDArray[Any]], params: Mapping[str, Any]) -> tuple[float, float]:
    """Return the errors in dev and test: shares, or rmse in the target's unit."""
    regression = dataset.task == "regression"
    network = (MLPRegressor if regression else MLPClassifier)(
        hidden_layer_sizes=tuple(params["hidden_units"]),
        learning_rate_init=params["learning_rate"],
        batch_size=min(params["batch_size"], len(dataset.y_train)),
        max_iter=params["epochs"],
        alpha=0.0,
        random_state=0,
        n_iter_no_change=params["epochs"],
    )
    mean, scale = (dataset.y_train.mean(), dataset.y_train.std()) if regression else (0.0, 1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # too few epochs and divergence are part of the comparison
        try:
            network.fit(x["train"], (dataset.y_train - mean) / scale if regression else dataset.y_train)
        except ValueError:
            return float("inf"), float("nan")  # it diverged: scikit-learn refuses weights that are not finite
    found = [network.predict(x[part]) for part in ("dev", "test")]
    y = [dataset.y_dev, dataset.y_test]
    if regression:
        dev, test = (float(np.sqrt(np.mean((p * scale + mean - t) ** 2))) for p, t in zip(found, y, strict=True))
    else:
        dev, test = (float(np.mean(p != t)) for p, t in zip(found, y, strict=True))
    return dev, test
