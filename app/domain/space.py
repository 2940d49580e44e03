"""The search space: its parameters, their scales, and how a number in [0, 1) becomes a value.

A sampler only proposes numbers in [0, 1), one for each parameter; what they mean is decided here, once. It is decided
for many trials at a time, parameter by parameter, in the arithmetic of Python: powers from NumPy may differ by machine.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from graphlib import TopologicalSorter
from itertools import accumulate
from typing import Literal

from app.domain.first_rules import nearest_steps, whole_steps
from app.domain.grids import Grid
from app.domain.scales import Scale, unscale
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

    def at(self, quantiles: Sequence[float], rules: int) -> list[float]:
        """Return the values below which these shares of the axis lie, all from 0 to below 1."""
        low, high = self.low, self.high
        if self.step is None or self.grid is None:
            points = unscale(quantiles, low, high, self.scale)
            return [min(max(point, low), high) for point in points]
        if rules < EXACT_GRIDS:
            return nearest_steps(quantiles, low, high, self.step, self.scale)
        return list(map(float, self.grid.at(quantiles, self.scale)))


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

    def at(self, quantiles: Sequence[float], rules: int) -> list[int]:
        """Return the values below which these shares of the axis lie, all from 0 to below 1."""
        if rules < EXACT_GRIDS:
            return whole_steps(quantiles, self.low, self.high, self.step, self.scale)
        low, step = self.grid.low, self.grid.step  # of whole numbers, whose unit is 1
        return [low + index * step for index in self.grid.indices(quantiles, self.scale)]


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

    def at(self, quantiles: Sequence[float], rules: int) -> list[Value]:  # noqa: ARG002  # the same under all rules
        """Return the values whose shares of [0, 1) hold the quantiles."""
        ends, end = self._ends, self._ends[-1]
        values = (*self.values, self.values[-1])  # a product may be rounded up to the end
        return [values[bisect_right(ends, quantile * end)] for quantile in quantiles]


Parameter = FloatParameter | IntParameter | ChoiceParameter


@dataclass(frozen=True)
class Space:
    """The named parameters of a sweep."""

    parameters: Mapping[str, Parameter]

    def __iter__(self) -> Iterator[str]:
        return iter(self.parameters)

    def __len__(self) -> int:
        return len(self.parameters)

    def points(
        self, quantiles: Sequence[Sequence[float]], fixed: Mapping[str, Value], rules: int
    ) -> list[dict[str, Value]]:
        """Return the values at each of the rows of `quantiles` under `rules`; a row has one for each parameter.

        Parameters whose `when` does not hold are left out. A condition looks at the other parameters and at the `fixed`
        values. One on a parameter that is itself left out does not hold.
        """
        points: list[dict[str, Value]] = [{} for _ in quantiles]
        columns = zip(*quantiles, strict=True)
        for (name, parameter), column in zip(self.parameters.items(), columns, strict=bool(points)):
            for point, value in zip(points, parameter.at(column, rules), strict=True):
                point[name] = value
        return [self._held(point, fixed, rules) for point in points] if self._conditional else points

    def _held(self, drawn: Mapping[str, Value], fixed: Mapping[str, Value], rules: int) -> dict[str, Value]:
        """Return the drawn values of one trial whose conditions hold."""
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
