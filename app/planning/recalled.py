"""Recalled points: every fourth trial of a sampler that learns tries the best of earlier sweeps, while they prove good.

All other trials are what the sampler proposes, which learns of earlier sweeps by what their points come to here. So one
that misleads costs some trials, and distorts no model. Feurer, Springenberg and Hutter, "Initializing Bayesian
hyperparameter optimization via meta-learning", AAAI 2015, begin with such points alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, zip_longest
from math import inf

import numpy as np

from app.domain.history import EarlierSweep
from app.domain.plan import TrialView
from app.domain.sweeps import SweepSpec
from app.domain.values import key
from app.planning.redraws import Point
from app.samplers.seen import seen
from app.surrogates.axes import Axes

EVERY = 4
"""One of so many trials tries a recalled point: the others are the sampler's own, however an earlier sweep misleads."""

_MOST, _MOST_OF_OTHER_DATA = 8, 4
"""So many points of an earlier sweep are recalled at most, its best ones."""

_GOOD = 0.25
"""A point is good that no larger share of the trials is better than; half of those of an earlier sweep must be."""

_ENOUGH = 8
"""So many trials at a rung are enough to compare."""


def recalled(
    spec: SweepSpec,
    earlier: Sequence[EarlierSweep],
    history: Sequence[TrialView],
    numbers: Sequence[int],
    points: Sequence[Point],
) -> Sequence[Point]:
    """Return what the sampler's trials with these `numbers` of its own try: what it proposes, and recalled points.

    Each follows from `history`, the trials that have stopped, and from those before it; each recalled one is new.
    """
    open_points, taken, found = _in_turn(spec, earlier, history), {key(one.params) for one in history}, list[Point]()
    for number, proposed in zip(numbers, points, strict=True):
        new = (one for one in open_points if key(one) not in taken)
        point = next(new, proposed) if number % EVERY == EVERY - 1 else proposed
        taken.add(key(point))
        found.append(point)
    return found


def _in_turn(spec: SweepSpec, earlier: Sequence[EarlierSweep], history: Sequence[TrialView]) -> Iterator[Point]:
    """Yield the best points of the earlier sweeps that are trusted, sweep by sweep in turn, the same data first."""
    if not earlier:
        return
    costs = _costs(history)
    best = [_best(spec, one) for one in sorted(earlier, key=lambda one: not one.same_data)]
    trusted = [points for points in best if _proves_good(points, costs)]
    yield from (point for point in chain.from_iterable(zip_longest(*trusted)) if point is not None)


def _costs(history: Sequence[TrialView]) -> Mapping[str, float]:
    """Return the cost of each point that has stopped; what stopped too early to be compared counts as the worst."""
    shown = seen(history, _ENOUGH)
    compared = {key(params): cost for params, cost in zip(shown.params, shown.costs, strict=True)}
    return {key(one.params): inf for one in history} | compared


def _best(spec: SweepSpec, one: EarlierSweep) -> list[Point]:
    """Return the best points of an earlier sweep, each once and where the axes of the space have values."""
    axes, best = Axes(spec.space, spec.fixed, spec.rules), dict[str, Point]()
    most = _MOST if one.same_data else _MOST_OF_OTHER_DATA
    for place in sorted(range(len(one.costs)), key=one.costs.__getitem__):
        if len(best) < most and one.costs[place] < inf:
            (point,) = axes.points(np.array([axes.row(one.params[place])]))
            best.setdefault(key(point), point)
    return list(best.values())


def _proves_good(points: Sequence[Point], costs: Mapping[str, float]) -> bool:
    """Return whether half of those of the points that were tried are good, or none was."""
    tried = [costs[key(one)] for one in points if key(one) in costs]
    good = [cost for cost in tried if sum(map(cost.__gt__, costs.values())) <= _GOOD * len(costs)]
    return 2 * len(good) >= len(tried)
