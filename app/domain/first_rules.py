"""How sweeps under the first rules draw: kept, so that those that were begun end as they would have."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from app.domain.scales import Scale, unscale
from app.domain.values import Value


def nearest_steps(quantiles: Sequence[float], low: float, high: float, step: float, scale: Scale) -> list[float]:
    """Return whole numbers of steps above `low`: each as likely, or on other scales the nearest."""
    # The tiny slack keeps a bound that rounding put a hair beyond the last step.
    last = math.floor((high - low) / step + 1e-9)
    if scale == "linear":
        indices = [math.floor(quantile * (last + 1)) for quantile in quantiles]
    else:
        indices = [round((point - low) / step) for point in unscale(quantiles, low, high, scale)]
    return [min(low + min(max(index, 0), last) * step, high) for index in indices]


def whole_steps(quantiles: Sequence[float], low: int, high: int, step: int, scale: Scale) -> list[int]:
    """Return whole numbers of steps above `low`: each as likely, or on a log scale after its share of [k, k + 1)."""
    last = (high - low) // step
    if scale == "linear":
        indices = [math.floor(quantile * (last + 1)) for quantile in quantiles]
    else:
        indices = [(math.floor(point) - low) // step for point in unscale(quantiles, low, high + 1, "log")]
    return [low + step * min(max(index, 0), last) for index in indices]


SCALES = frozenset({"linear", "log", "reverse_log"})
"""The scales that there were; any other is of a space that was changed since, and is read as today."""


def is_list(when: Mapping[str, Any] | None) -> bool:
    """Return whether a condition is of the one form that there was: values by parameter, all of which must hold."""
    said = (when or {}).items()
    return all(name not in {"all", "any", "not"} and isinstance(values, list | tuple) for name, values in said)


def lists(when: Mapping[str, Any] | None, values: Mapping[str, Value]) -> bool:
    """Return whether each parameter is there and equal to one of the values that are listed: 1 and true are equal."""
    return all(name in values and values[name] in listed for name, listed in (when or {}).items())
