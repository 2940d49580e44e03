"""Finite spaces: how many points there are at the most, and all of them."""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from app.domain.space import ChoiceParameter, FloatParameter, Parameter, Space
from app.domain.values import Value, key


def combinations(space: Space) -> int | None:
    """Return of how many combinations of values the points are; None if there is no end to them."""
    counts = [_count(parameter) for parameter in space.parameters.values()]
    known = [count for count in counts if count is not None]
    return math.prod(known) if len(known) == len(counts) else None


def every_point(space: Space, fixed: Mapping[str, Value], rules: int) -> Iterator[dict[str, Value]]:
    """Yield each point of a space within its constraints once; of one whose combinations end."""
    found = set[str]()
    for values in product(*map(_values, space.parameters.values())):
        point = space.active(dict(zip(space, values, strict=True)), fixed, rules)
        name = key(point)
        if name not in found and space.admits(point, fixed):
            found.add(name)
            yield point


def _count(parameter: Parameter) -> int | None:
    if isinstance(parameter, ChoiceParameter):
        return len(_values(parameter))
    return None if parameter.grid is None else parameter.grid.last + 1 + bool(parameter.zero_probability)


def _values(parameter: Parameter) -> Sequence[Value]:
    """Return the values that may be drawn, as they would be."""
    if isinstance(parameter, ChoiceParameter):
        weights = parameter.weights or [1.0] * len(parameter.values)
        return [value for value, weight in zip(parameter.values, weights, strict=True) if weight]
    number: type[float | int] = float if isinstance(parameter, FloatParameter) else int
    steps = [number(step) for step in parameter.grid.values] if parameter.grid else []
    return [number(0), *steps] if parameter.zero_probability else steps
