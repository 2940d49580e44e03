"""Bins of an axis: how often values fall into each of its parts, which are equally wide on its own scale."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.scales import place, unscale
from app.domain.space import ChoiceParameter, FloatParameter, IntParameter, Parameter
from app.domain.values import Value, key

BINS = 20
"""An axis with at most so many values has a bin for each of them; others have so many bins."""


@dataclass(frozen=True, slots=True)
class Bin:
    """`count` values lie from `low` to below `high`, in the last bin to `high` itself; or all are `low`, if it is both.

    Both are JSON values.
    """

    low: Any
    high: Any
    count: int


def bins_of(parameter: Parameter, values: Sequence[Value]) -> list[Bin]:
    """Return the bins of an axis, along it, with the counts of `values`, which lie on it."""
    counts = Counter(map(key, values))
    if isinstance(parameter, ChoiceParameter):
        return [_single(value, counts) for value in parameter.values]
    zero = [_single(0, counts)] if parameter.zero_probability else []
    grid = parameter.grid
    if grid is not None and grid.last < BINS:
        whole = isinstance(parameter, IntParameter)
        return [*zero, *(_single(int(value) if whole else float(value), counts) for value in grid.values)]
    return [*zero, *_stretches(parameter, [float(str(value)) for value in values if not (zero and value == 0)])]


def _single(value: Value, counts: Counter[str]) -> Bin:
    return Bin(value, value, counts[key(value)])


def _stretches(parameter: FloatParameter | IntParameter, values: Sequence[float]) -> list[Bin]:
    low, high, spread = parameter.low, parameter.high, (parameter.scale, parameter.threshold)
    places = (min(int(place(value, low, high, *spread) * BINS), BINS - 1) for value in values)
    counts = Counter(places)
    edges = [low, *unscale([number / BINS for number in range(1, BINS)], low, high, *spread), high]
    return [Bin(edges[number], edges[number + 1], counts[number]) for number in range(BINS)]
