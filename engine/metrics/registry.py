"""The registry of metrics: name, tasks, direction, meaning, and how each is finished from sums or answers."""

from collections.abc import Mapping, Sequence

from engine.data.target import Task
from engine.metrics import probabilities, sums
from engine.metrics.base import CLASSES, NUMBERS, Metric

_ROWS = (
    Metric(
        "loss",
        CLASSES | NUMBERS,
        "minimize",
        "the mean of what training brings down, without its penalties",
        sums.loss,
        reads="sums",
        aliases=("cross_entropy", "log_loss", "logloss", "nll"),
    ),
    Metric("error", CLASSES, "minimize", "the share of wrong answers", sums.error, reads="sums"),
    Metric(
        "accuracy",
        CLASSES,
        "maximize",
        "the share of right answers",
        sums.accuracy,
        reads="sums",
        aliases=("acc", "accuracy_score"),
    ),
    Metric(
        "balanced_accuracy",
        CLASSES,
        "maximize",
        "the mean over the classes of the share found of each",
        lambda answers: answers.confusion.balanced_accuracy(),
        aliases=("balanced_accuracy_score",),
    ),
    Metric(
        "auc",
        CLASSES,
        "maximize",
        "the area under the ROC curve; of several classes, the mean of each against the rest",
        lambda answers: answers.ranking.auc(),
        aliases=("auroc", "roc_auc", "roc_auc_score"),
    ),
    Metric(
        "average_precision",
        CLASSES,
        "maximize",
        "the area under precision over recall, of class 1 or the mean over several classes",
        lambda answers: answers.ranking.average_precision(),
        aliases=("auprc", "average_precision_score", "map", "pr_auc"),
    ),
    Metric(
        "f1",
        CLASSES,
        "maximize",
        "the harmonic mean of precision and recall, of class 1 or the mean over several classes",
        lambda answers: answers.confusion.f1(),
        aliases=("f1_macro", "f1_score"),
    ),
    Metric(
        "mcc",
        CLASSES,
        "maximize",
        "Matthews' correlation of answers and classes",
        lambda answers: answers.confusion.mcc(),
        aliases=("matthews_corrcoef",),
    ),
    Metric(
        "brier",
        CLASSES,
        "minimize",
        "the mean squared distance of the probabilities from the truth, of class 1 or summed over several classes",
        probabilities.brier,
        aliases=("brier_score", "brier_score_loss"),
    ),
    Metric(
        "rmse",
        NUMBERS,
        "minimize",
        "the root of the mean squared error, in the target's unit",
        sums.rmse,
        reads="sums",
        aliases=("mse", "mean_squared_error", "root_mean_squared_error"),
    ),
    Metric(
        "mae",
        NUMBERS,
        "minimize",
        "the mean absolute error, in the target's unit",
        lambda answers: answers.residuals.mae(),
        aliases=("l1", "mean_absolute_error"),
    ),
    Metric(
        "r2",
        NUMBERS,
        "maximize",
        "the share of the variance that the answers explain",
        lambda answers: answers.residuals.r2(),
        aliases=("r2_score", "r_squared"),
    ),
    Metric(
        "median_absolute_error",
        NUMBERS,
        "minimize",
        "the median of the absolute errors, in the target's unit",
        lambda answers: answers.residuals.median_absolute_error(),
        aliases=("medae",),
    ),
)

METRICS: Mapping[str, Metric] = {metric.name: metric for metric in _ROWS}


def metrics_of(task: Task) -> Sequence[Metric]:
    """Return the metrics that a task has."""
    return [metric for metric in METRICS.values() if task in metric.tasks]
