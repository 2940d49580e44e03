"""How sweeps under the first rules draw from steps: kept, so that those that were begun end as they would have."""

import math

from app.domain.scales import Scale, unscale


def nearest_step(quantile: float, low: float, high: float, step: float, scale: Scale) -> float:
    """Return a whole number of steps above `low`: each as likely, or on other scales the nearest."""
    # The tiny slack keeps a bound that rounding put a hair beyond the last step.
    last = math.floor((high - low) / step + 1e-9)
    if scale == "linear":
        index = math.floor(quantile * (last + 1))
    else:
        index = round((unscale(quantile, low, high, scale) - low) / step)
    return min(low + min(max(index, 0), last) * step, high)


def whole_step(quantile: float, low: int, high: int, step: int, scale: Scale) -> int:
    """Return a whole number of steps above `low`: each as likely, or on a log scale after its share of [k, k + 1)."""
    last = (high - low) // step
    if scale == "linear":
        return low + step * min(math.floor(quantile * (last + 1)), last)
    value = math.floor(unscale(quantile, low, high + 1, "log"))
    return low + step * min(max((value - low) // step, 0), last)
