"""The metrics by scikit-learn, with NaN where it refuses to give a value or warns that there is none."""

import math
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics
from sklearn.exceptions import UndefinedMetricWarning


def of_classes(answers: NDArray[Any], probabilities: NDArray[np.float64], y: NDArray[Any]) -> Mapping[str, float]:
    """Return the metrics of one member's answers (n,), but for the loss.

    The probabilities are (1, n) of class 1 of two, or (k, n); y are the labels (n,).
    """
    if len(probabilities) == 1:
        return {**_of_answers(answers, y, {"average": "binary"}), **_of_two(probabilities[0], y)}
    return {**_of_answers(answers, y, {"average": "macro"}), **_of_several(probabilities.T, y)}


def _of_answers(answers: NDArray[Any], y: NDArray[Any], f1: Mapping[str, Any]) -> Mapping[str, float]:
    return {
        "error": value(metrics.zero_one_loss, y, answers),
        "accuracy": value(metrics.accuracy_score, y, answers),
        "balanced_accuracy": value(metrics.balanced_accuracy_score, y, answers),
        "f1": value(metrics.f1_score, y, answers, **f1),
        "mcc": value(metrics.matthews_corrcoef, y, answers),
    }


def _of_two(probability: NDArray[np.float64], y: NDArray[Any]) -> Mapping[str, float]:
    return {
        "auc": value(metrics.roc_auc_score, y, probability),
        "average_precision": value(metrics.average_precision_score, y, probability),
        "brier": value(metrics.brier_score_loss, y, probability, pos_label=1),
    }


def _of_several(probabilities: NDArray[np.float64], y: NDArray[Any]) -> Mapping[str, float]:
    labels = np.arange(probabilities.shape[1])
    is_of = np.equal.outer(y, labels).astype(int)  # of labels alone, versions before 1.9 guess the classes
    return {
        "auc": value(metrics.roc_auc_score, y, probabilities, multi_class="ovr", labels=labels),
        "average_precision": value(metrics.average_precision_score, is_of, probabilities),
        "brier": value(metrics.brier_score_loss, y, probabilities, labels=labels),
    }


def of_numbers(answers: NDArray[np.float64], y: NDArray[np.float64]) -> Mapping[str, float]:
    """Return the metrics of one member's answers (n,) to the numbers y (n,), but for the loss."""
    return {
        "rmse": value(metrics.root_mean_squared_error, y, answers),
        "mae": value(metrics.mean_absolute_error, y, answers),
        "r2": value(metrics.r2_score, y, answers, force_finite=False),
        "median_absolute_error": value(metrics.median_absolute_error, y, answers),
    }


def value(metric: Callable[..., float], *arguments: Any, **options: Any) -> float:
    """Return what scikit-learn says; NaN where it raises, warns that there is no value, or has none but a bound."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", UndefinedMetricWarning)
        warnings.filterwarnings("error", message="No positive class found")
        try:
            found = float(metric(*arguments, **options))
        except (ValueError, UndefinedMetricWarning, UserWarning):
            return math.nan
    return found if math.isfinite(found) else math.nan
