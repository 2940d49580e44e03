"""The metrics: what is measured of a network's answers on a part of the data, one row each."""

from collections.abc import Mapping

from engine.metrics.base import Direction, Metric, Task
from engine.metrics.undefined import undefined

_CLASSES = frozenset[Task]({"binary", "multiclass"})
_NUMBERS = frozenset[Task]({"regression"})

_ROWS = (
    Metric("loss", _CLASSES | _NUMBERS, "minimize", "the mean of what training brings down, without its penalties"),
    Metric("error", _CLASSES, "minimize", "the share of wrong answers"),
    Metric("accuracy", _CLASSES, "maximize", "the share of right answers"),
    Metric("balanced_accuracy", _CLASSES, "maximize", "the mean over the classes of the share found of each"),
    Metric("auc", _CLASSES, "maximize", "the area under the ROC curve; of several, the mean of each against the rest"),
    Metric(
        "average_precision", _CLASSES, "maximize", "the area under precision over recall, the mean over the classes"
    ),
    Metric("f1", _CLASSES, "maximize", "the harmonic mean of precision and recall: of class 1, or the mean of all"),
    Metric("mcc", _CLASSES, "maximize", "Matthews' correlation of answers and classes"),
    Metric("brier", _CLASSES, "minimize", "the mean squared distance of the probabilities from the class"),
    Metric("rmse", _NUMBERS, "minimize", "the root of the mean squared error, in the target's unit"),
    Metric("mae", _NUMBERS, "minimize", "the mean absolute error, in the target's unit"),
    Metric("r2", _NUMBERS, "maximize", "the share of the variance that the answers explain"),
    Metric("median_absolute_error", _NUMBERS, "minimize", "the median of the absolute errors, in the target's unit"),
)

METRICS: Mapping[str, Metric] = {metric.name: metric for metric in _ROWS}

__all__ = ["METRICS", "Direction", "Metric", "Task", "undefined"]
