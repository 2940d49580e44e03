"""Encoding: points of a space as arrays, for kinds that learn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.domain.space import ChoiceParameter, Parameter, Space
from app.domain.values import Value, key

Coordinates: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True)
class Points:
    """Points as arrays, a row for each.

    `numbers` has a coordinate from 0 to 1 for each axis, on its own scale, NaN where it is inactive; `categories` the
    position of each unordered choice in its list, -1 where it is inactive.
    """

    numbers: Coordinates
    categories: Codes


@dataclass(frozen=True)
class Encoding:
    """Which parameters of a space have a coordinate, and which are mere categories, in the order of the space."""

    numbers: Mapping[str, Parameter]
    categories: Mapping[str, ChoiceParameter]

    @classmethod
    def of(cls, space: Space) -> Self:
        """Return the encoding of a space: ordered choices have coordinates, as numbers do."""
        categories = {
            name: parameter
            for name, parameter in space.parameters.items()
            if isinstance(parameter, ChoiceParameter) and not parameter.ordered
        }
        return cls({name: space.parameters[name] for name in space if name not in categories}, categories)

    def encode(self, points: Sequence[Mapping[str, Value]]) -> Points:
        """Return the points as arrays; a point has its active parameters alone."""
        numbers = [[_coordinate(axis, point, name) for name, axis in self.numbers.items()] for point in points]
        codes = [[_code(choice, point, name) for name, choice in self.categories.items()] for point in points]
        return Points(
            np.array(numbers, np.float64).reshape(len(points), len(self.numbers)),
            np.array(codes, np.int64).reshape(len(points), len(self.categories)),
        )


def _coordinate(axis: Parameter, point: Mapping[str, Value], name: str) -> float:
    return axis.coordinate(point[name]) if name in point else np.nan


def _code(choice: ChoiceParameter, point: Mapping[str, Value], name: str) -> int:
    return choice.keys[key(point[name])] if name in point else -1
