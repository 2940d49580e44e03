"""The search space: its parameters, their scales, and how a number in [0, 1) becomes a value.

A sampler only proposes numbers in [0, 1), one for each parameter; what they mean is decided here, once.
"""

import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

Value = bool | int | float | str | None | Sequence["Value"] | Mapping[str, "Value"]
Scale = Literal["linear", "log", "reverse_log"]
Conditions = Mapping[str, Sequence[Value]]


@dataclass(frozen=True, slots=True)
class FloatParameter:
    """A real axis from `low` to `high`, both included."""

    low: float
    high: float
    scale: Scale = "linear"
    step: float | None = None
    when: Conditions | None = None

    def at(self, quantile: float) -> float:
        """Return the value below which the share `quantile` of the axis lies, 0 <= quantile < 1."""
        if self.step is not None:
            return self._on_grid(quantile, self.step)
        value = _unscale(quantile, self.low, self.high, self.scale)
        return min(max(value, self.low), self.high)

    def _on_grid(self, quantile: float, step: float) -> float:
        """Return a whole number of steps above `low`: each as likely, or on other scales the nearest."""
        # The tiny slack keeps a bound that rounding put a hair beyond the last step.
        last = math.floor((self.high - self.low) / step + 1e-9)
        if self.scale == "linear":
            index = math.floor(quantile * (last + 1))
        else:
            index = round((_unscale(quantile, self.low, self.high, self.scale) - self.low) / step)
        return min(self.low + min(max(index, 0), last) * step, self.high)


@dataclass(frozen=True, slots=True)
class IntParameter:
    """An axis of whole numbers from `low` to `high`, both included."""

    low: int
    high: int
    scale: Literal["linear", "log"] = "linear"
    step: int = 1
    when: Conditions | None = None

    def at(self, quantile: float) -> int:
        """Return the value below which the share `quantile` of the axis lies, 0 <= quantile < 1."""
        last = (self.high - self.low) // self.step
        if self.scale == "linear":
            return self.low + self.step * min(math.floor(quantile * (last + 1)), last)
        # The integer k owns [k, k + 1), so that every decade has the same share.
        value = math.floor(_unscale(quantile, self.low, self.high + 1, "log"))
        return self.low + self.step * min(max((value - self.low) // self.step, 0), last)


@dataclass(frozen=True, slots=True)
class ChoiceParameter:
    """One of `values`, each as likely as its weight."""

    values: tuple[Value, ...]
    weights: tuple[float, ...] | None = None
    when: Conditions | None = None

    def at(self, quantile: float) -> Value:
        """Return the value whose share of [0, 1) holds `quantile`."""
        ends = list(accumulate(self.weights or [1.0] * len(self.values)))
        return self.values[min(bisect_right(ends, quantile * ends[-1]), len(self.values) - 1)]


Parameter = FloatParameter | IntParameter | ChoiceParameter


@dataclass(frozen=True, slots=True)
class Space:
    """The named parameters of a sweep."""

    parameters: Mapping[str, Parameter]

    def __iter__(self) -> Iterator[str]:
        return iter(self.parameters)

    def __len__(self) -> int:
        return len(self.parameters)

    def point(self, quantiles: Mapping[str, float], fixed: Mapping[str, Value]) -> dict[str, Value]:
        """Return the values at `quantiles`, without the parameters whose `when` does not hold.

        A condition looks at the other parameters and at the `fixed` values. One on a parameter that is itself
        left out does not hold.
        """
        drawn = {name: parameter.at(quantiles[name]) for name, parameter in self.parameters.items()}
        return {name: value for name, value in drawn.items() if self._active(name, {**fixed, **drawn})}

    def _active(self, name: str, values: Mapping[str, Value]) -> bool:
        parameter = self.parameters.get(name)
        if parameter is None or parameter.when is None:
            return True
        return all(
            values.get(other) in allowed and self._active(other, values) for other, allowed in parameter.when.items()
        )


def _unscale(quantile: float, low: float, high: float, scale: Scale) -> float:
    """Return the point at `quantile` of an axis that is uniform in x, log10(x) or log10(1 - x)."""
    if scale == "log":
        return float(10.0 ** _between(math.log10(low), math.log10(high), quantile))
    if scale == "reverse_log":
        # From 1 - high, so that a quantile near 0 still means a value near low.
        return float(1.0 - 10.0 ** _between(math.log10(1.0 - low), math.log10(1.0 - high), quantile))
    return _between(low, high, quantile)


def _between(start: float, end: float, share: float) -> float:
    return start + share * (end - start)
