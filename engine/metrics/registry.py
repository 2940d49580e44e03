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
    ),
    Metric("error", CLASSES, "minimize", "the share of wrong answers", sums.error, reads="sums"),
    Metric("accuracy", CLASSES, "maximize", "the share of right answers", sums.accuracy, reads="sums"),
    Metric(
        "balanced_accuracy",
        CLASSES,
        "maximize",
        "the mean over the classes of the share found of each",
        lambda answers: answers.confusion.balanced_accuracy(),
    ),
    Metric(
        "auc",
        CLASSES,
        "maximize",
        "the area under the ROC curve; of several classes, the mean of each against the rest",
        lambda answers: answers.ranking.auc(),
    ),
    Metric(
        "average_precision",
        CLASSES,
        "maximize",
        "the area under precision over recall, of class 1 or the mean over several classes",
        lambda answers: answers.ranking.average_precision(),
    ),
    Metric(
        "f1",
        CLASSES,
        "maximize",
        "the harmonic mean of precision and recall, of class 1 or the mean over several classes",
        lambda answers: answers.confusion.f1(),
    ),
    Metric(
        "mcc",
        CLASSES,
        "maximize",
        "Matthews' correlation of answers and classes",
        lambda answers: answers.confusion.mcc(),
    ),
    Metric(
        "brier",
        CLASSES,
        "minimize",
        "the mean squared distance of the probabilities from the truth, of class 1 or summed over several classes",
        probabilities.brier,
    ),
    Metric("rmse", NUMBERS, "minimize", "the root of the mean squared error, in the target's unit", sums.rmse, "sums"),
    Metric(
        "mae",
        NUMBERS,
        "minimize",
        "the mean absolute error, in the target's unit",
        lambda answers: answers.residuals.mae(),
    ),
    Metric(
        "r2",
        NUMBERS,
        "maximize",
        "the share of the variance that the answers explain",
        lambda answers: answers.residuals.r2(),
    ),
    Metric(
        "median_absolute_error",
        NUMBERS,
        "minimize",
        "the median of the absolute errors, in the target's unit",
        lambda answers: answers.residuals.median_absolute_error(),
    ),
)

METRICS: Mapping[str, Metric] = {metric.name: metric for metric in _ROWS}


def metrics_of(task: Task) -> Sequence[Metric]:
    """Return the metrics that a task has."""
    return [metric for metric in METRICS.values() if task in metric.tasks]
