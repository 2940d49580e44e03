"""Columns: the values of one parameter in many trials as numbers, and where they lie on its axis."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.domain.scales import places
from app.domain.space import ChoiceParameter, Parameter
from app.domain.values import Value, key

Floats: TypeAlias = NDArray[np.float64]

MOST_GROUPS = 32
"""Of more values without an order the rarest are looked at as one: what each does by itself few trials tell."""


def values_of(axis: Parameter, name: str, points: Sequence[Mapping[str, Value]]) -> Floats:
    """Return numbers as they are, and values of a choice as positions in its list; NaN where a point has none.

    A text tells equal values apart before the key does: of a choice each is looked up once.
    """
    if not isinstance(axis, ChoiceParameter):
        numbers: Any = [point.get(name) for point in points]
        return np.array(numbers, np.float64)
    drawn = {repr(point[name]): point[name] for point in points if name in point}
    positions = {text: axis.keys.get(key(value), np.nan) for text, value in drawn.items()}
    return np.array([positions[repr(point[name])] if name in point else np.nan for point in points], np.float64)


def coordinates_of(axis: Parameter, values: Floats) -> Floats:
    """Return where values lie: as `axis.coordinate` tells it of each, and NaN for NaN."""
    if isinstance(axis, ChoiceParameter):
        return values / max(len(axis.values) - 1, 1) if axis.ordered else values
    zero, found = axis.zero_probability, np.full(len(values), np.nan)
    above = ~np.isnan(values) & ~((zero > 0.0) & (values == 0.0))
    found[above] = places(values[above].tolist(), axis.low, axis.high, axis.scale, axis.threshold)
    return np.where((zero > 0.0) & (values == 0.0), 0.0, zero + (1.0 - zero) * found)


def groups_of(places: Floats, most: int = MOST_GROUPS) -> NDArray[np.int64]:
    """Return a number from 0 on for each trial: that of its value, in the order of the list, among those drawn.

    Of more than `most` values the rarest, and of equally rare ones the last in the list, have the last number together.
    """
    _, numbers, counts = np.unique(places, return_inverse=True, return_counts=True)
    if len(counts) <= most:
        return np.asarray(numbers, np.int64)
    group = np.full(len(counts), most - 1)
    kept = np.sort(np.argsort(-counts, kind="stable")[: most - 1])
    group[kept] = np.arange(most - 1)
    return np.asarray(group[numbers], np.int64)
