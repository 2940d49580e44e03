"""Axes: where the rows of quantiles lie that a model is asked about, which are next to one, and which may be tried.

A row becomes values one by one, which is slow for thousands; here it goes straight to coordinates, column by column.
"""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.domain.space import ChoiceParameter, FloatParameter, Parameter, Space
from app.domain.values import Value, key
from app.surrogates.encoding import Encoding, Points

Quantiles: TypeAlias = NDArray[np.float64]
"""Rows of numbers from 0 to 1: a column for each parameter, in the order of the space."""

BELOW_1 = math.nextafter(1.0, 0.0)


class Axes:
    """The axes of a space under `rules`, where `fixed` is what its conditions may look at besides."""

    def __init__(self, space: Space, fixed: Mapping[str, Value], rules: int) -> None:
        self._space, self._fixed, self._rules = space, fixed, rules
        self._parameters = list(space.parameters.values())
        self._encoding = Encoding.of(space)
        self._conditional = any(one.when for one in self._parameters)
        self._known: list[dict[str, float]] = [{} for _ in self._parameters]
        self.finite = all(isinstance(one, ChoiceParameter) for one in self._parameters)

    def encode(self, rows: Quantiles) -> Points:
        """Return what the points at these rows are encoded as, but for rounding."""
        columns = [self.coordinates(place, column) for place, column in enumerate(rows.T)]
        table = np.array(columns, np.float64).reshape(len(self._parameters), len(rows)).T
        if self._conditional:
            active = [[name in point for name in self._space] for point in self.points(rows)]
            table = np.where(np.array(active, bool).reshape(table.shape), table, math.nan)
        unordered = np.array([name in self._encoding.categories for name in self._space], bool)
        return Points(table[:, np.invert(unordered)], np.nan_to_num(table[:, unordered], nan=-1.0).astype(np.int64))

    def points(self, rows: Quantiles) -> Sequence[Mapping[str, Value]]:
        """Return the points at these rows, value by value."""
        return self._space.points(rows.tolist(), self._fixed, self._rules)

    def name(self, point: Mapping[str, Value]) -> str:
        """Return what tells a point from others, beyond rounding."""
        values = map(point.get, self._space)
        return repr([f"{value:.12g}" if isinstance(value, float) else value for value in values])

    def open_name(self, point: Mapping[str, Value], taken: Collection[str]) -> str | None:
        """Return the name of a point that may be tried, None of one that was `taken` or breaks a constraint."""
        name = self.name(point)
        return name if name not in taken and self._space.admits(point, self._fixed) else None

    def open_rows(self, rows: Quantiles, taken: Collection[str]) -> dict[str, int]:
        """Return the names of the points at these rows that may be tried, each with the first row where it is."""
        first = dict[str, int]()
        for row, point in enumerate(self.points(rows)):
            if name := self.open_name(point, taken):
                first.setdefault(name, row)
        return first

    def coordinates(self, place: int, quantiles: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the coordinates of one parameter. Where an axis is a continuum the quantile is the coordinate."""
        parameter = self._parameters[place]
        if isinstance(parameter, FloatParameter) and parameter.step is None:
            return np.where(quantiles < parameter.zero_probability, 0.0, quantiles)
        return self.coordinates_of(place, parameter.at(quantiles.tolist(), self._rules))

    def coordinates_of(self, place: int, values: Sequence[Value]) -> NDArray[np.float64]:
        """Return the coordinates of values of one parameter; each is worked out once."""
        parameter, known = self._parameters[place], self._known[place]
        names = list(map(repr, values))
        for name, value in zip(names, values, strict=True):
            if name not in known:
                known[name] = parameter.coordinate(value)
        return np.array([known[name] for name in names], np.float64)

    def row(self, point: Mapping[str, Value]) -> list[float]:
        """Return quantiles of a point, about; of an inactive parameter any will do."""
        return [_quantile(one, point.get(name)) for name, one in self._space.parameters.items()]

    def neighbours(self, row: NDArray[np.float64], width: float) -> Quantiles:
        """Return the rows that differ in one parameter: a number by `width`, a choice by any other of its values."""
        changes = [(place, other) for place, other in self._changes(row, width) if other != row[place]]
        rows = np.repeat(row[None, :], len(changes), axis=0)
        for index, (place, other) in enumerate(changes):
            rows[index, place] = other
        return rows

    def _changes(self, row: NDArray[np.float64], width: float) -> Iterator[tuple[int, float]]:
        for place, parameter in enumerate(self._parameters):
            if isinstance(parameter, ChoiceParameter):
                yield from ((place, middle) for middle in middles(parameter))
            else:
                yield from ((place, min(max(row[place] + step, 0.0), BELOW_1)) for step in (-width, width))


def middles(parameter: ChoiceParameter) -> list[float]:
    """Return the quantile in the middle of each value's share."""
    shares = np.array(parameter.weights or [1.0] * len(parameter.values))
    middles: list[float] = ((np.cumsum(shares) - shares / 2) / shares.sum()).tolist()
    return middles


def _quantile(parameter: Parameter, value: Value) -> float:
    if value is None:
        return 0.5
    if isinstance(parameter, ChoiceParameter):
        return middles(parameter)[parameter.keys[key(value)]]
    return min(max(parameter.coordinate(value), 0.0), BELOW_1)
