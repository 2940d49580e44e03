"""The learning rate of a step, by the formulas of the course, with plain numbers."""

import math


def learning_rate(
    alpha: float, kind: str, rate: float, every: float, count: int, warmup_steps: float, update: int
) -> float:
    """Return alpha after `count` epochs or mini-batches, at the `update`-th step in all (from 1)."""
    if kind == "inverse_time":
        alpha = alpha / (1 + rate * count / every)
    elif kind == "exponential":
        alpha = alpha * rate ** (count / every)
    elif kind == "inverse_sqrt":
        alpha = alpha * rate / math.sqrt(count / every + 1)
    elif kind == "staircase":
        for _ in range(math.floor(count / every)):
            alpha *= rate
    return alpha * min(1.0, update / warmup_steps) if warmup_steps else alpha
