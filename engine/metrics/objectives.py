"""The metrics that can choose the best epoch of a network, and those that each epoch of its curve has."""

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from engine.data.target import Task
from engine.metrics.base import Direction, Metric
from engine.metrics.registry import METRICS, metrics_of
from engine.metrics.undefined import undefined

TRAIN_LOSS = "train_loss"
"""The loss of training as an objective; all others are metrics of dev, such as "dev_auc"."""


def usual_error(task: Task) -> str:
    """Return what the error of a task is called: "error" (a share) or "rmse" (in the target's unit)."""
    return "rmse" if task == "regression" else "error"


def objective_direction(objective: str) -> Direction:
    """Return which way an objective is better."""
    return METRICS[_metric(objective)].direction


def curve_metrics(task: Task, objective: str) -> Sequence[Metric]:
    """Return the metrics of dev that each epoch has: the loss, the usual error, and the objective."""
    names = dict.fromkeys(["loss", usual_error(task), _metric(objective)])
    return [METRICS[name] for name in names]


def objective_fault(objective: str, task: Task, dev_targets: NDArray[Any], classes: Sequence[str]) -> str | None:
    """Return why an objective cannot choose on a dev part with these targets, as `undefined` takes them."""
    possible = [TRAIN_LOSS, *(f"dev_{metric.name}" for metric in metrics_of(task))]
    if objective not in possible:
        return f'The objective is "{objective}", and for this data set it must be one of {", ".join(possible)}.'
    return None if objective == TRAIN_LOSS else undefined(_metric(objective), task, dev_targets, classes)


def _metric(objective: str) -> str:
    return objective.partition("_")[2]
