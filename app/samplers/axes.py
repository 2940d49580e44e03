"""Axes: where the rows of quantiles lie that a model is asked about, and which rows are next to one.

A row becomes values one by one, which is slow for thousands; here it goes straight to coordinates, column by column.
"""

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from app.domain.space import ChoiceParameter, FloatParameter, Parameter, Space
from app.domain.values import Value, key
from app.samplers.base import Quantiles
from app.samplers.encoding import Encoding, Points

_BELOW_1 = math.nextafter(1.0, 0.0)


class Axes:
    """The axes of a space under `rules`, where `fixed` is what its conditions may look at besides."""

    def __init__(self, space: Space, fixed: Mapping[str, Value], rules: int) -> None:
        self._space, self._fixed, self._rules = space, fixed, rules
        self._parameters = list(space.parameters.values())
        self._encoding = Encoding.of(space)
        self._conditional = any(one.when for one in self._parameters)
        self._coordinates: list[dict[str, float]] = [{} for _ in self._parameters]
        self.finite = all(isinstance(one, ChoiceParameter) for one in self._parameters)

    def encode(self, rows: Quantiles) -> Points:
        """Return what the points at these rows are encoded as, but for rounding."""
        columns = [self._column(place, column) for place, column in enumerate(rows.T)]
        table = np.array(columns, np.float64).reshape(len(self._parameters), len(rows)).T
        if self._conditional:
            points = self._space.points(rows.tolist(), self._fixed, self._rules)
            table = np.where([[name in point for name in self._space] for point in points], table, math.nan)
        unordered = [name in self._encoding.categories for name in self._space]
        return Points(table[:, np.invert(unordered)], np.nan_to_num(table[:, unordered], nan=-1.0).astype(np.int64))

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
                yield from ((place, middle) for middle in _middles(parameter))
            else:
                yield from ((place, min(max(row[place] + step, 0.0), _BELOW_1)) for step in (-width, width))

    def _column(self, place: int, quantiles: NDArray[np.float64]) -> Sequence[float] | NDArray[np.float64]:
        """Return the coordinates of one parameter. Where an axis is a continuum the quantile is the coordinate."""
        parameter, known = self._parameters[place], self._coordinates[place]
        if isinstance(parameter, FloatParameter) and parameter.step is None:
            return np.where(quantiles < parameter.zero_probability, 0.0, quantiles)
        values = parameter.at(quantiles.tolist(), self._rules)
        names = list(map(repr, values))
        known.update(
            {name: parameter.coordinate(value) for name, value in zip(names, values, strict=True) if name not in known}
        )
        return [known[name] for name in names]


def _middles(parameter: ChoiceParameter) -> list[float]:
    """Return the quantile in the middle of each value's share."""
    shares = np.array(parameter.weights or [1.0] * len(parameter.values))
    middles: list[float] = ((np.cumsum(shares) - shares / 2) / shares.sum()).tolist()
    return middles


def _quantile(parameter: Parameter, value: Value) -> float:
    if value is None:
        return 0.5
    if isinstance(parameter, ChoiceParameter):
        return _middles(parameter)[parameter.keys[key(value)]]
    return min(max(parameter.coordinate(value), 0.0), _BELOW_1)
