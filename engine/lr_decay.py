"""Learning-rate decay and warm-up: what the learning rate is multiplied with as training goes on."""

from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Factors = NDArray[np.float64]
Decay = Callable[[Factors, float], Factors]
DecayUnit = Literal["epoch", "batch"]

# The factor, from the number of periods done before (0 at the start, with fractions) and the rate.
DECAYS: Mapping[str, Decay] = {
    "none": lambda periods, _: np.ones_like(periods),
    "inverse_time": lambda periods, rate: 1.0 / (1.0 + rate * periods),
    "exponential": lambda periods, rate: rate**periods,
    # k/sqrt(epoch) and k/sqrt(t), where epochs and mini-batches count from 1.
    "inverse_sqrt": lambda periods, rate: rate / np.sqrt(periods + 1.0),
    "staircase": lambda periods, rate: rate ** np.floor(periods),
}


def decay_factors(kind: str, rate: float, every: float, unit: DecayUnit, epochs_before: int, steps: int) -> Factors:
    """Return the factor of each of the `steps` mini-batches of the epoch that follows `epochs_before` others, (steps,).

    A period is `every` epochs or mini-batches, as `unit` says. By epoch, all steps of an epoch share one factor.
    """
    before = (
        epochs_before + np.zeros(steps) if unit == "epoch" else epochs_before * steps + np.arange(steps, dtype=float)
    )
    return DECAYS[kind](before / every, rate)


def warmup_factors(warmup_epochs: float, epochs_before: int, steps: int) -> Factors:
    """Return the factor of each step, (steps,): it rises in a line to 1 over the first `warmup_epochs`."""
    if warmup_epochs == 0.0:
        return np.ones(steps)
    updates = epochs_before * steps + np.arange(1, steps + 1)
    return np.minimum(updates / (warmup_epochs * steps), 1.0)
