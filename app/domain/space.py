"""The search space: its parameters, their scales, and how a number in [0, 1) becomes a value.

A sampler only proposes numbers in [0, 1), one for each parameter; what they mean is decided here, once. It is decided
for many trials at a time, parameter by parameter, in the arithmetic of Python: powers from NumPy may differ by machine.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from graphlib import TopologicalSorter
from itertools import accumulate
from typing import Literal

from app.domain import first_rules
from app.domain.conditions import Condition, Conditions, names, parse
from app.domain.constraints import Constraint
from app.domain.grids import Grid, fits
from app.domain.scales import THRESHOLD, Scale, place, unscale
from app.domain.values import Value, key

EXACT_GRIDS = 2
"""The rules from which on grids have the values and shares of `Grid`, and conditions the equality of `key`."""


@dataclass(frozen=True)
class FloatParameter:
    """A real axis from `low` to `high`, both included; or 0, with `zero_probability`, on a log scale."""

    low: float
    high: float
    scale: Scale = "linear"
    step: float | None = None
    when: Conditions | None = None
    zero_probability: float = 0.0
    threshold: float = THRESHOLD

    @cached_property
    def grid(self) -> Grid | None:
        """The values of an axis with a step; None is a continuum."""
        return None if self.step is None else Grid.of(self.low, self.high, self.step)

    def at(self, quantiles: Sequence[float], rules: int) -> list[float]:
        """Return the values below which these shares of the axis lie, all from 0 to below 1."""
        zero = self.zero_probability
        if not zero:
            return self._above_zero(quantiles, rules)
        values = self._above_zero([max(one - zero, 0.0) / (1.0 - zero) for one in quantiles], rules)
        return [0.0 if one < zero else value for one, value in zip(quantiles, values, strict=True)]

    def _above_zero(self, quantiles: Sequence[float], rules: int) -> list[float]:
        low, high = self.low, self.high
        if self.step is None or self.grid is None:
            points = unscale(quantiles, low, high, self.scale, self.threshold)
            return [min(max(point, low), high) for point in points]
        if rules < EXACT_GRIDS and self.scale in first_rules.SCALES:
            return first_rules.nearest_steps(quantiles, low, high, self.step, self.scale)
        return list(map(float, self.grid.at(quantiles, self.scale, self.threshold)))

    def coordinate(self, value: Value) -> float:
        """Return where `value` lies on the axis, on its own scale: from 0 at `low` to 1 at `high`.

        Where the axis has a share of zeros, 0 lies at 0 and `low` behind that share.
        """
        number, zero = float(str(value)), self.zero_probability
        if zero and number == 0.0:
            return 0.0
        return zero + (1.0 - zero) * place(number, self.low, self.high, self.scale, self.threshold)


@dataclass(frozen=True)
class IntParameter:
    """An axis of whole numbers from `low` to `high`, both included; or 0, with `zero_probability`, on a log scale."""

    low: int
    high: int
    scale: Literal["linear", "log", "symmetric_log"] = "linear"
    step: int = 1
    when: Conditions | None = None
    zero_probability: float = 0.0
    threshold: float = THRESHOLD

    @cached_property
    def grid(self) -> Grid:
        """The values of the axis."""
        return Grid.of(self.low, self.high, self.step)

    def at(self, quantiles: Sequence[float], rules: int) -> list[int]:
        """Return the values below which these shares of the axis lie, all from 0 to below 1."""
        zero = self.zero_probability
        if not zero:
            return self._above_zero(quantiles, rules)
        values = self._above_zero([max(one - zero, 0.0) / (1.0 - zero) for one in quantiles], rules)
        return [0 if one < zero else value for one, value in zip(quantiles, values, strict=True)]

    def _above_zero(self, quantiles: Sequence[float], rules: int) -> list[int]:
        if rules < EXACT_GRIDS and self.scale in first_rules.SCALES:
            return first_rules.whole_steps(quantiles, self.low, self.high, self.step, self.scale)
        low, step = self.grid.low, self.grid.step  # of whole numbers, whose unit is 1
        return [low + index * step for index in self.grid.indices(quantiles, self.scale, self.threshold)]

    def coordinate(self, value: Value) -> float:
        """Return where `value` lies on the axis, on its own scale: from 0 at `low` to 1 at `high`.

        Where the axis has a share of zeros, 0 lies at 0 and `low` behind that share.
        """
        number, zero = float(str(value)), self.zero_probability
        if zero and number == 0.0:
            return 0.0
        return zero + (1.0 - zero) * place(number, self.low, self.high, self.scale, self.threshold)


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

    def at(self, quantiles: Sequence[float], rules: int) -> list[Value]:  # noqa: ARG002  # the same under all rules
        """Return the values whose shares of [0, 1) hold the quantiles."""
        ends, end = self._ends, self._ends[-1]
        # At 1, or where a product is rounded up to the end, it is the last value that has a share.
        values = (*self.values, self.values[bisect_left(ends, end)])
        return [values[bisect_right(ends, quantile * end)] for quantile in quantiles]

    def coordinate(self, value: Value) -> float:
        """Return where `value` lies in the list: from 0 to 1 if it is ordered, else its position, a mere label."""
        index = self.keys[key(value)]
        return index / max(len(self.values) - 1, 1) if self.ordered else float(index)


Parameter = FloatParameter | IntParameter | ChoiceParameter


def sound_grid(axis: FloatParameter | IntParameter) -> Grid | None:
    """Return the values of an axis, None without a step, or if the step does not fit: then the axis is at fault."""
    return axis.grid if axis.step is not None and fits(axis.low, axis.high, axis.step) else None


def highest(axis: FloatParameter | IntParameter) -> float:
    """Return the highest value of an axis, or its upper bound if the axis is at fault."""
    grid = sound_grid(axis)
    return axis.high if grid is None else type(axis.high)(grid.highest)


@dataclass(frozen=True)
class Space:
    """The named parameters of a sweep, and the `constraints` between them, as texts."""

    parameters: Mapping[str, Parameter]
    constraints: Sequence[str] = ()

    def __iter__(self) -> Iterator[str]:
        return iter(self.parameters)

    def __len__(self) -> int:
        return len(self.parameters)

    def points(
        self, quantiles: Sequence[Sequence[float]], fixed: Mapping[str, Value], rules: int
    ) -> list[dict[str, Value]]:
        """Return the values at each of the rows of `quantiles` under `rules`; a row has one for each parameter.

        Parameters whose `when` does not hold are left out. A condition looks at the other parameters and at the `fixed`
        values; a parameter that is itself left out is not there.
        """
        points: list[dict[str, Value]] = [{} for _ in quantiles]
        columns = zip(*quantiles, strict=True)
        for (name, parameter), column in zip(self.parameters.items(), columns, strict=bool(points)):
            for point, value in zip(points, parameter.at(column, rules), strict=True):
                point[name] = value
        return [self.active(point, fixed, rules) for point in points] if self._conditions else points

    def active(self, drawn: Mapping[str, Value], fixed: Mapping[str, Value], rules: int) -> dict[str, Value]:
        """Return those of the values drawn for all parameters whose conditions hold."""
        values = {**fixed, **drawn}
        for name in self._conditions:
            if not self._holds(name, values, rules):
                del values[name]
        return {name: value for name, value in drawn.items() if name in values}

    def _holds(self, name: str, values: Mapping[str, Value], rules: int) -> bool:
        when = self.parameters[name].when
        if rules < EXACT_GRIDS and first_rules.is_list(when):
            return first_rules.lists(when, values)
        return self._conditions[name].holds(values)

    def applies(self, params: Mapping[str, Value], fixed: Mapping[str, Value], rules: int) -> bool:
        """Return whether a point has just those parameters whose conditions hold."""
        values = {**fixed, **params}
        return all((name in params) is self._holds(name, values, rules) for name in self._conditions)

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
    def _conditions(self) -> Mapping[str, Condition]:
        """The conditions of the parameters that have some, each after those that it looks at."""
        looks_at = {name: names(parameter.when) for name, parameter in self.parameters.items()}
        order = TopologicalSorter(looks_at).static_order()
        return {name: parse(self.parameters[name].when or {}) for name in order if looks_at.get(name)}
