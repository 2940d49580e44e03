"""Grids: the values that an axis with a step has, and the share of each.

Bounds and steps are taken as the decimals in which they are written, so that 0.1 + 2 * 0.1 is 0.3.
"""

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Self

from app.domain.scales import THRESHOLD, Scale, unscale

Number = int | float
_LARGEST = Fraction(sys.float_info.max)


@dataclass(frozen=True)
class Grid:
    """The values (`low` + k * `step`) / `unit` for k from 0 to `last`, all of them whole numbers.

    On a linear scale each value has the same share. On `log` the value x owns [x, x + step), on `reverse_log` it owns
    (x - step, x], on `symmetric_log` what lies within half a step of it, so that every stretch of the scale has the
    share that it has without a step.
    """

    low: int
    step: int
    unit: int
    last: int

    @classmethod
    def of(cls, low: Number, high: Number, step: Number) -> Self:
        """Return the grid of the steps from `low` that do not pass `high`."""
        start, end, width = map(_decimal, (low, high, step))
        unit = math.lcm(start.denominator, width.denominator)
        return cls(int(start * unit), int(width * unit), unit, math.floor((end - start) / width))

    def at(self, quantiles: Sequence[float], scale: Scale, threshold: float = THRESHOLD) -> list[Fraction]:
        """Return the values whose shares of [0, 1) hold the quantiles."""
        return [self._value(index) for index in self.indices(quantiles, scale, threshold)]

    def indices(self, quantiles: Sequence[float], scale: Scale, threshold: float = THRESHOLD) -> list[int]:
        """Return the k of each value whose share of [0, 1) holds a quantile."""
        if scale == "linear":
            ratios = (quantile.as_integer_ratio() for quantile in quantiles)
            return [min(numerator * (self.last + 1) // denominator, self.last) for numerator, denominator in ratios]
        points = unscale(quantiles, *self._ends[scale], scale, threshold)
        if scale == "reverse_log":
            steps = [-self._whole_steps(point, -1) for point in points]
        elif scale == "symmetric_log":
            halves = replace(self, low=2 * self.low - self.step, step=2 * self.step, unit=2 * self.unit)
            steps = [halves._whole_steps(point) for point in points]
        elif self.unit == 1:
            steps = [(math.floor(point) - self.low) // self.step for point in points]
        else:
            steps = [self._whole_steps(point) for point in points]
        return [min(max(index, 0), self.last) for index in steps]

    def holds(self, number: Number) -> bool:
        """Return whether `number`, as it is written, is a value of the grid."""
        steps = (_decimal(number) * self.unit - self.low) / self.step
        return steps.denominator == 1 and 0 <= steps <= self.last

    @property
    def highest(self) -> Fraction:
        """The value farthest up."""
        return self._value(self.last)

    @property
    def values(self) -> Sequence[Fraction]:
        """All values, from the first one up."""
        return [self._value(index) for index in range(self.last + 1)]

    def _value(self, index: int) -> Fraction:
        return Fraction(self.low + index * self.step, self.unit)

    @cached_property
    def _ends(self) -> Mapping[Scale, tuple[float, float]]:
        """Between which points the shares of the values lie."""
        before, first, last, behind = (_double(self._value(index)) for index in (-1, 0, self.last, self.last + 1))
        half = Fraction(self.step, 2 * self.unit)
        middle = _double(self._value(0) - half), _double(self._value(self.last) + half)
        return {"log": (first, behind), "reverse_log": (before, last), "symmetric_log": middle}

    def _whole_steps(self, point: float, sign: int = 1) -> int:
        """Return the whole number at or below `sign` times the steps from the first value to `point`."""
        numerator, denominator = point.as_integer_ratio()
        return sign * (numerator * self.unit - self.low * denominator) // (self.step * denominator)


def fits(low: Number, high: Number, step: Number) -> bool:
    """Return whether at least one step fits into a range, as they are written, and they can be counted."""
    width = high - low
    return step > 0 and width > 0 and math.isfinite(width / step) and Grid.of(low, high, step).last > 0


def _double(bound: Fraction) -> float:
    """Return the double nearest to a bound, which may lie a step beyond the largest one."""
    return float(min(max(bound, -_LARGEST), _LARGEST))


def _decimal(number: Number) -> Fraction:
    return Fraction(repr(number))
