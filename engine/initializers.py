"""Initial weights: normal, with the variance that keeps the signal's size from layer to layer."""

import math
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

Variance = Callable[[int, int], float]

# The variance of a weight, from the numbers of inputs and outputs of its layer.
INITIALIZERS: Mapping[str, Variance] = {
    "he": lambda n_in, _: 2.0 / n_in,  # He et al. 2015, for the ReLU family
    "xavier": lambda n_in, _: 1.0 / n_in,  # LeCun et al. 1998 and the course, for tanh
    "glorot": lambda n_in, n_out: 2.0 / (n_in + n_out),  # Glorot and Bengio 2010
}

_BY_ACTIVATION = {"relu": "he", "leaky_relu": "he", "tanh": "xavier"}


def choose(initializer: str, activation: str | None) -> Variance:
    """Return the variance rule; "auto" chooses by the activation that follows, None for the output layer."""
    if initializer == "auto":
        initializer = _BY_ACTIVATION.get(activation or "", "glorot")
    return INITIALIZERS[initializer]


def draw(rng: np.random.Generator, n_in: int, n_out: int, variance: Variance) -> NDArray[np.float64]:
    """Return weights (n_in, n_out)."""
    return rng.standard_normal((n_in, n_out)) * math.sqrt(variance(n_in, n_out))
