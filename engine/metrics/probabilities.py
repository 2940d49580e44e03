"""Metrics of the probabilities that a network gives to the classes."""

import numpy as np
from numpy.typing import NDArray

from engine.metrics.answers import Answers


def brier(answers: Answers) -> NDArray[np.float64]:
    """Return the mean squared distance of the probabilities from the truth: of class 1 of two, or summed over all."""
    distances = answers.probabilities.copy()
    if distances.shape[1] == 1:
        distances -= answers.labels
    else:
        distances[:, answers.labels, np.arange(len(answers.y))] -= 1.0
    squares = np.square(distances, out=distances).reshape(len(distances), -1)
    return np.asarray(squares.sum(axis=1) / len(answers.y))
