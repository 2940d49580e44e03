"""Metrics that the sums of a loss give, without a look at single answers."""

import numpy as np

from engine.arrays import Array
from engine.metrics.answers import Answers


def loss(answers: Answers) -> Array:
    """Return the mean loss."""
    return answers.loss


def error(answers: Answers) -> Array:
    """Return the share of wrong answers."""
    return answers.misses / len(answers.y)


def accuracy(answers: Answers) -> Array:
    """Return the share of right answers."""
    return 1.0 - error(answers)


def rmse(answers: Answers) -> Array:
    """Return the root of the mean squared error, in the target's unit; the loss is half of the squared error."""
    return np.asarray(np.sqrt(2.0 * answers.loss) * answers.scale)
