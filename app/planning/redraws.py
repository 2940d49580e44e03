"""Redraws: a point that breaks a constraint is drawn anew, at random, until one is admitted."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count

from app.domain.sweeps import SweepSpec
from app.domain.values import Value
from app.samplers.streams import uniform

Point = Mapping[str, Value]


def redrawn(spec: SweepSpec, number: int) -> Iterator[Point]:
    """Yield the points of a trial's attempts 1, 2, ... that the constraints admit, without an end."""
    for attempt in count(1):
        rows = uniform(spec.seed, list(spec.space), [number], attempt).tolist()
        point = spec.space.points(rows, spec.fixed, spec.rules)[0]
        if spec.space.admits(point, spec.fixed):
            yield point


def admitted(spec: SweepSpec, numbers: Sequence[int], points: Sequence[Point]) -> list[Point]:
    """Return the points of these trials, with others in place of those that the constraints do not admit.

    What a trial gets follows from the seed and its number alone. It ends, since a sweep of which too few points are
    admitted was refused when it was posted.
    """
    space, found = spec.space, dict(zip(numbers, points, strict=True))
    for attempt in count(1):
        refused = [number for number, point in found.items() if not space.admits(point, spec.fixed)]
        if not refused:
            break
        rows = uniform(spec.seed, list(space), refused, attempt).tolist()
        found.update(zip(refused, space.points(rows, spec.fixed, spec.rules), strict=True))
    return list(found.values())
