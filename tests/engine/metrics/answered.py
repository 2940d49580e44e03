"""Answers of small stacks for the tests of metrics."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.losses import LOSSES
from engine.metrics import Answers, Task, measure, metrics_of
from engine.training_set import LOSS_OF_TASK


def answers_of(task: Task, logits: ArrayLike, y: ArrayLike, *, mean: float = 0.0, scale: float = 1.0) -> Answers:
    """Return answers with `logits` (R, outputs, n); their sums are counted here, in loops over the examples."""
    z, truth = np.asarray(logits, np.float32), np.asarray(y)
    sums = [
        [_loss_and_miss(task, one[:, place], truth[place], mean, scale) for place in range(len(truth))] for one in z
    ]
    loss, misses = np.array(sums, np.float64).sum(axis=1).T
    return Answers(LOSSES[LOSS_OF_TASK[task]], truth, loss / len(truth), misses, z, mean, scale)


def _loss_and_miss(task: Task, z: NDArray[np.float32], y: Any, mean: float, scale: float) -> tuple[float, float]:
    wide = z.astype(np.float64)
    if task == "regression":
        return 0.5 * (wide[0] - (y - mean) / scale) ** 2, np.nan
    if task == "binary":
        return np.logaddexp(0.0, -wide[0] if y else wide[0]), float((z[0] > 0.0) != y)
    return np.logaddexp.reduce(wide) - wide[y], float(z.argmax() != y)


def measured(task: Task, logits: ArrayLike, y: ArrayLike, **moments: float) -> list[dict[str, float]]:
    """Return all metrics of the task for each member."""
    columns = measure(answers_of(task, logits, y, **moments), metrics_of(task))
    return [{name: float(column[row]) for name, column in columns.items()} for row in range(len(np.asarray(logits)))]
