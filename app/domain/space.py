"""The search space: its parameters, their scales, and how a number in [0, 1) becomes a value.

A sampler only proposes numbers in [0, 1), one for each parameter; what they mean is decided here, once.
"""

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from graphlib import TopologicalSorter
from itertools import accumulate
from typing import Literal

from app.domain.first_rules import nearest_step, whole_step
from app.domain.grids import Grid
from app.domain.scales import Scale, unscaler
from app.domain.values import Value, key

Conditions = Mapping[str, Sequence[Value]]

EXACT_GRIDS = 2
"""The rules from which on grids have the values and shares of `Grid`, and conditions the equality of `key`."""


@dataclass(frozen=True)
class FloatParameter:
    """A real axis from `low` to `high`, both included."""

    low: float
    high: float
    scale: Scale = "linear"
    step: float | None = None
    when: Conditions | None = None

    @cached_property
    def grid(self) -> Grid | None:
        """The values of an axis with a step; None is a continuum."""
        return None if self.step is None else Grid.of(self.low, self.high, self.step)

    @cached_property
    def _unscale(self) -> Callable[[float], float]:
        return unscaler(self.low, self.high, self.scale)

    def at(self, quantile: float, rules: int) -> float:
        """Return the value below which the share `quantile` of the axis lies, 0 <= quantile < 1."""
        if self.step is None or self.grid is None:
            return min(max(self._unscale(quantile), self.low), self.high)
        if rules < EXACT_GRIDS:
            return nearest_step(quantile, self.low, self.high, self.step, self.scale)
        return float(self.grid.at(quantile, self.scale))


@dataclass(frozen=True)
class IntParameter:
    """An axis of whole numbers from `low` to `high`, both included."""

    low: int
    high: int
    scale: Literal["linear", "log"] = "linear"
    step: int = 1
    when: Conditions | None = None

    @cached_property
    def grid(self) -> Grid:
        """The values of the axis."""
        return Grid.of(self.low, self.high, self.step)

    def at(self, quantile: float, rules: int) -> int:
        """Return the value below which the share `quantile` of the axis lies, 0 <= quantile < 1."""
        if rules < EXACT_GRIDS:
            return whole_step(quantile, self.low, self.high, self.step, self.scale)
        grid = self.grid  # of whole numbers, whose unit is 1
        return grid.low + grid.index(quantile, self.scale) * grid.step


@dataclass(frozen=True)
class ChoiceParameter:
    """One of `values`, each as likely as its weight."""

    values: tuple[Value, ...]
    weights: tuple[float, ...] | None = None
    when: Conditions | None = None

    @cached_property
    def keys(self) -> Collection[str]:
        """What tells whether a value is one of these."""
        return frozenset(map(key, self.values))

    @cached_property
    def _ends(self) -> Sequence[float]:
        return list(accumulate(self.weights or [1.0] * len(self.values)))

    def at(self, quantile: float, rules: int) -> Value:  # noqa: ARG002  # the same under all rules
        """Return the value whose share of [0, 1) holds `quantile`."""
        return self.values[min(bisect_right(self._ends, quantile * self._ends[-1]), len(self.values) - 1)]


Parameter = FloatParameter | IntParameter | ChoiceParameter


@dataclass(frozen=True)
class Space:
    """The named parameters of a sweep."""

    parameters: Mapping[str, Parameter]

    def __iter__(self) -> Iterator[str]:
        return iter(self.parameters)

    def __len__(self) -> int:
        return len(self.parameters)

    def point(self, quantiles: Mapping[str, float], fixed: Mapping[str, Value], rules: int) -> dict[str, Value]:
        """Return the values at `quantiles` under `rules`, without the parameters whose `when` does not hold.

        A condition looks at the other parameters and at the `fixed` values. One on a parameter that is itself
        left out does not hold.
        """
        drawn = {name: parameter.at(quantiles[name], rules) for name, parameter in self.parameters.items()}
        if not self._conditional:
            return drawn
        values = {**fixed, **drawn}
        for name in self._conditional:
            if not self._holds(name, values, rules):
                del values[name]
        return {name: value for name, value in drawn.items() if name in values}

    @cached_property
    def _conditional(self) -> Sequence[str]:
        """The parameters with conditions, each after those that it looks at."""
        looks_at = {name: parameter.when or () for name, parameter in self.parameters.items()}
        return [name for name in TopologicalSorter(looks_at).static_order() if looks_at.get(name)]

    @cached_property
    def _allowed(self) -> Mapping[str, Mapping[str, Collection[str]]]:
        return {
            name: {other: frozenset(map(key, allowed)) for other, allowed in (self.parameters[name].when or {}).items()}
            for name in self._conditional
        }

    def _holds(self, name: str, values: Mapping[str, Value], rules: int) -> bool:
        if rules < EXACT_GRIDS:
            when = self.parameters[name].when or {}
            return all(other in values and values[other] in allowed for other, allowed in when.items())
        return all(other in values and key(values[other]) in allowed for other, allowed in self._allowed[name].items())
