"""Duplicates: what becomes of a trial whose point one with a lower number has."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

from app.domain.finite import combinations, every_point
from app.domain.history import EarlierSweep
from app.domain.plan import End
from app.domain.states import SweepState
from app.domain.sweeps import SweepSpec
from app.domain.values import key
from app.planning.redraws import Point, admitted, redrawn
from app.samplers.streams import words_of

LISTED = 100_000
"""Spaces of so many combinations are gone through point by point, where chance finds no new one."""

DRAWS, MOST_DRAWS = 64, 1_000
"""So many points of a trial come by chance, in a space that can be listed, and in any other."""

Taken = dict[str, int]
"""The number of the first trial with each point, by the `key` of its params."""


@dataclass(frozen=True, slots=True)
class Below:
    """What comes before the numbers that are drawn, which are added to `taken`, and what it means for them.

    `besides` of the lower ones are not the sampler's: it counts its own without them. `earlier` are whole sweeps.
    """

    besides: int = 0
    taken: Taken = field(default_factory=dict)
    earlier: Sequence[EarlierSweep] = ()


Placed = tuple[int, Point, int | None]
"""A trial's number and point, and the number of the one whose result it takes."""


def placed(spec: SweepSpec, numbers: Sequence[int], points: Sequence[Point], below: Below) -> Iterator[Placed]:
    """Yield the trials with these numbers and proposals, all within the constraints.

    What a trial gets follows from the seed, its number and the trials below it. Where duplicates are skipped, there are
    fewer once no new point is found.
    """
    proposals = zip(numbers, admitted(spec, [number - below.besides for number in numbers], points), strict=True)
    if spec.duplicates == "skip":
        yield from _new_ones(spec, proposals, below)
    else:
        yield from ((number, point, note(spec, number, point, below.taken)) for number, point in proposals)


def note(spec: SweepSpec, number: int, point: Point, taken: Taken) -> int | None:
    """Add a point to `taken` that stays as it is, and return the number of the trial whose result it takes."""
    if spec.duplicates == "seed":
        return None
    first = taken.setdefault(key(point), number)
    return None if spec.duplicates == "skip" or first == number else first


def exhausted(spec: SweepSpec) -> End:
    """Return the end of a sweep that skips duplicates and has found no new point."""
    detail = f"{MOST_DRAWS:,} draws in a row found no new one"
    if _can_be_listed(spec):
        detail = f"all its {sum(1 for _ in every_point(spec.space, spec.fixed, spec.rules)):,} points were drawn"
    return End(SweepState.COMPLETED, f"the space is exhausted: {detail}, and duplicates are skipped")


def _new_ones(spec: SweepSpec, proposals: Iterator[tuple[int, Point]], below: Below) -> Iterator[Placed]:
    listed = _listed(spec) if _can_be_listed(spec) else None
    draws, taken = MOST_DRAWS if listed is None else DRAWS, below.taken
    for number, proposal in proposals:
        by_chance = islice(chain([proposal], redrawn(spec, number - below.besides)), draws)
        point = next((one for one in chain(by_chance, listed or ()) if key(one) not in taken), None)
        if point is None:
            return
        taken[key(point)] = number
        yield number, point, None


def _can_be_listed(spec: SweepSpec) -> bool:
    count = combinations(spec.space)
    return count is not None and count <= LISTED


def _listed(spec: SweepSpec) -> Iterator[Point]:
    """Yield all points of the space, in an order that follows from the seed."""
    points = list(every_point(spec.space, spec.fixed, spec.rules))
    order = words_of(spec.seed, ["order of all points"], range(len(points)))[:, 0].argsort(kind="stable")
    yield from (points[place] for place in order)
