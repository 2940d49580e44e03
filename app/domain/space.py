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

from app.domain.constraints import Constraint
from app.domain.first_rules import nearest_step, whole_step
from app.domain.grids import Grid
from app.domain.scales import Scale, place, unscaler
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

    def coordinate(self, value: Value) -> float:
        """Return where `value` lies on the axis, on its own scale: from 0 at `low` to 1 at `high`."""
        return place(float(str(value)), self.low, self.high, self.scale)


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

    def coordinate(self, value: Value) -> float:
        """Return where `value` lies on the axis, on its own scale: from 0 at `low` to 1 at `high`."""
        return place(float(str(value)), self.low, self.high, self.scale)


@dataclass(frozen=True)
class ChoiceParameter:
    """One of `values`, each as likely as its weight; `ordered` ones rise or fall along the list."""

    values: tuple[Value, ...]
    weights: tuple[float, ...] | None = None
    when: Conditions | None = None
    ordered: bool = False

    @cached_property
    def keys(self) -> Mapping[str, int]:
        """The position of each value, by what tells it from others."""
        return {key(value): index for index, value in enumerate(self.values)}

    @cached_property
    def _ends(self) -> Sequence[float]:
        return list(accumulate(self.weights or [1.0] * len(self.values)))

    def at(self, quantile: float, rules: int) -> Value:  # noqa: ARG002  # the same under all rules
        """Return the value whose share of [0, 1) holds `quantile`."""
        return self.values[min(bisect_right(self._ends, quantile * self._ends[-1]), len(self.values) - 1)]

    def coordinate(self, value: Value) -> float:
        """Return where `value` lies in the list: from 0 to 1 if it is ordered, else its position, a mere label."""
        index = self.keys[key(value)]
        return index / max(len(self.values) - 1, 1) if self.ordered else float(index)


Parameter = FloatParameter | IntParameter | ChoiceParameter


@dataclass(frozen=True)
class Space:
    """The named parameters of a sweep, and the `constraints` between them, as texts."""

    parameters: Mapping[str, Parameter]
    constraints: Sequence[str] = ()

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

    def admits(self, params: Mapping[str, Value], fixed: Mapping[str, Value]) -> bool:
        """Return whether all constraints hold for a point and the `fixed` values; one on an absent parameter does."""
        if not self._constraints:
            return True
        values = {**fixed, **params}
        return all(constraint.holds(values) for constraint in self._constraints)

    @cached_property
    def _constraints(self) -> Sequence[Constraint]:
        return [Constraint.parse(text) for text in self.constraints]

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
