"""The metrics: what is measured of a network's answers on a part of the data, one row each."""

from engine.data.target import Task
from engine.metrics.answers import NO_LOGITS, Answers
from engine.metrics.base import Direction, Metric
from engine.metrics.measure import measure
from engine.metrics.objectives import TRAIN_LOSS, curve_metrics, objective_direction, objective_fault, usual_error
from engine.metrics.registry import METRICS, metrics_of
from engine.metrics.undefined import undefined

__all__ = [
    "METRICS",
    "NO_LOGITS",
    "TRAIN_LOSS",
    "Answers",
    "Direction",
    "Metric",
    "Task",
    "curve_metrics",
    "measure",
    "metrics_of",
    "objective_direction",
    "objective_fault",
    "undefined",
    "usual_error",
]
